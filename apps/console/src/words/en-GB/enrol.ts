/** Who may join: enrolments that wait, unknown devices, makers' roots. */
import type { Discovery, MakerRoot, Waiting } from '@cityward/contracts';
import { many } from './counting.ts';

const why: Record<Waiting['why'], string> = {
  'asked-for': 'A person is asked for each device that comes this way',
  'second-claim': 'Another factory key has already claimed this serial number',
};
const states: Record<Waiting['state'], string> = {
  waiting: 'Waits for you',
  approved: 'Let in; asks again by itself',
  refused: 'Refused',
  issued: 'Has its certificate',
};
const ways: Record<Discovery['way'], string> = {
  code: 'One-time code',
  factory: 'Factory certificate',
  mender: 'Mender, by a key of its own',
};
const unknown: Record<Discovery['why'], { what: string; next: string }> = {
  'serial-unknown': {
    what: 'Its serial number is in no inventory',
    next: 'If it was bought, import it with its serial; the device then enrols by itself.',
  },
  'serial-ambiguous': {
    what: 'Its serial number stands for several devices',
    next: 'Correct the inventory, so that the serial is of one device.',
  },
  'maker-differs': {
    what: 'The inventory names another maker for this serial',
    next: 'Look at the device: either the inventory is wrong, or the device is not what it says.',
  },
  'claim-ended': {
    what: 'The identity of this serial has ended',
    next: 'Retired and replaced devices do not come back. If it is really the same, commission it anew.',
  },
  'id-unknown': {
    what: 'It calls itself by an id that the city does not have',
    next: 'Import it first; then issue it a code.',
  },
};
const approvals: Record<MakerRoot['approval'], string> = {
  automatic: 'The inventory decides',
  each: 'A person decides about each',
};

export const enrol = {
  enrol: {
    lead: 'Devices that ask to be let in. Nobody unknown gets a certificate; what is unclear waits here for a person.',
    tabs: {
      waiting: 'Waiting',
      gates: 'Commissioning',
      discoveries: 'Unknown',
      makers: 'Makers',
    },
    tabName: (name: string, n: number) => (n === 0 ? name : `${name} (${n})`),
    sections: 'Who may join',
    waiting: {
      title: (n: number) => many(n, 'device waits', 'devices wait'),
      why,
      states,
      ways,
      facts: {
        way: 'Came by',
        serial: 'Serial',
        maker: 'Maker',
        address: 'From',
        asked: 'First asked',
        last: 'Last asked',
        key: 'Key',
      },
      keyWhy: 'SHA-256 of its public key. Approved is this key; with another it must ask anew.',
      secondClaim: 'Two devices say that they are this one. Look at the real device before you decide.',
      open: (device: string) => `All about ${device}`,
      approve: (device: string) => `Let ${device} in`,
      approveEffect: (device: string) =>
        `${device}, with this key, gets its certificate when it asks next, within minutes. You can revoke it later.`,
      refuse: (device: string) => `Refuse ${device}`,
      refuseEffect: (device: string) =>
        `${device} gets no certificate and is told why. With a new key it may ask again.`,
      approveReasons: ['Seen on site, serial matches', 'The installer confirmed it'],
      refuseReasons: ['Not installed by us', 'Serial does not match the device'],
      decided: 'Decided lately',
      decidedColumns: ['Device', 'State', 'By', 'When', 'Reason'],
      empty: {
        title: 'Nobody waits',
        text: 'A device waits here when its code or its maker’s root asks for a person, or when a second key claims its serial.',
      },
      noRole: 'Operators and officers decide. You can read who waits.',
    },
    discoveries: {
      columns: ['Seen', 'What is wrong', 'Says of itself', 'From', 'Times', 'Act'],
      unknown,
      claimed: (id: string) => `calls itself ${id}`,
      serial: (serial: string) => `serial ${serial}`,
      maker: (maker: string) => `made by ${maker}`,
      nothing: 'nothing',
      key: 'Key',
      first: 'First',
      dismiss: 'Put aside',
      dismissOf: (what: string) => `Put ${what} aside`,
      dismissEffect: 'It leaves this list and stays without a certificate. If it asks again, it is shown again.',
      reasons: ['Known mistake of the installer', 'Test device'],
      aside: 'Put aside',
      quarantined: 'In quarantine',
      empty: {
        title: 'No unknown device',
        text: 'A device that asks to be let in and that no inventory knows is shown here, in quarantine, with what was seen of it.',
      },
      importLink: 'Import an inventory',
    },
    makers: {
      why: 'A device with a factory certificate under one of these roots may ask for its first certificate of the city. The roots count for nothing else.',
      columns: ['Maker', 'Root', 'Who decides', 'Valid until', 'Trusted since', 'Act'],
      approvals,
      remove: 'Stop trusting',
      removeOf: (maker: string) => `Stop trusting the root of ${maker}`,
      removeEffect:
        'No further device enrols because of it. Certificates of the city that were issued because of it stay. You can trust it again.',
      removeYes: 'Stop trusting the root',
      pin: 'Trust a root',
      form: {
        maker: 'Maker',
        pem: 'Certificate (PEM)',
        fingerprint: 'SHA-256 fingerprint, as the maker published it',
        fingerprintHint: 'Take it from somewhere else than the file: print, telephone, the maker’s own pages.',
        approval: 'Who decides about each device',
        submit: 'Trust this root',
      },
      noMakers: 'No maker of that name',
      empty: {
        title: 'No root is trusted',
        text: 'Until one is, devices enrol by one-time code only. A root is compared with the fingerprint that its maker published.',
      },
      noRole: 'Operators trust roots. You can read which are trusted.',
    },
  },
} as const;
