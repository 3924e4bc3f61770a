/** Networks: ports and VLANs, site gateways, partner networks, the RADIUS server. */
import type { NetworkIdentity, PortMove, RadiusCertificate, SpeaksFor } from '@cityward/contracts';
import { many } from './counting.ts';

const kinds: Record<NetworkIdentity['kind'], string> = {
  'site-gateway': 'Site gateway',
  'lorawan-network': 'LoRaWAN network server',
  'mobile-apn': 'Mobile access point',
  'radius-server': 'RADIUS server',
};
const states: Record<NetworkIdentity['state'], string> = {
  registered: 'No certificate yet',
  active: 'In good standing',
  expired: 'Certificate has ended',
  held: 'Held',
  revoked: 'Revoked',
  ended: 'Ended',
};
const outcomes: Record<PortMove['outcome'], string> = {
  moved: 'Moved',
  ended: 'Session ended',
  trying: 'Being tried again',
  failed: 'Failed',
};
const certificates: Record<RadiusCertificate['kind'], string> = {
  server: 'Shown to devices',
  client: 'Shown to the city',
};
const certificateStates: Record<RadiusCertificate['state'], string> = {
  good: 'Good',
  'ends-soon': 'Ends soon',
  ended: 'Has ended',
};
const vlan = (number: number | null): string => (number === null ? 'no place' : `VLAN ${number}`);

export const networks = {
  networks: {
    lead: 'What is plugged in where, which VLAN is meant for whom, and the networks that speak for devices.',
    sections: 'Networks',
    tabs: { ports: 'Ports', vlans: 'VLANs and switches', speaking: 'Gateways and partners' },
    kinds,
    states,
    wantedAccess: 'load the ports and VLANs',
    wantedVlans: 'set the VLANs',
    wantedList: 'load the networks',
    wantedRegister: 'register the network',
    wantedCode: 'issue a code',
    wantedSpeaks: 'say for whom it speaks',
    wantedEnd: 'end the network',
    ports: {
      columns: ['Device', 'Port', 'VLAN', 'Since', 'Last move'],
      show: 'Show',
      shows: { all: 'All', quarantined: 'In quarantine', moving: 'Being moved' },
      quarantine: 'Quarantine',
      moving: (to: number) => (to === 0 ? 'Its session is to end' : `Is to be in VLAN ${to}`),
      noPort: 'port not told',
      never: 'never moved',
      outcomes,
      fromTo: (from: number, to: number | null) => `${vlan(from)} → ${vlan(to)}`,
      shown: (shown: number, of: number) => (shown < of ? `The newest ${shown} of ${of}` : many(of, 'port', 'ports')),
      none: 'None at present.',
      moves: 'Moved lately, and gone from its port',
      movesWhy:
        'A session that a switch ended joins anew and is judged then. What failed needs somebody at the switch.',
      moveColumns: ['Device', 'Port', 'From, to', 'What came of it', 'When'],
      empty: {
        title: 'Nobody has joined at a plug yet',
        text: 'Devices are shown here once a RADIUS server asks the city who may join. “cityward radius config” writes its whole configuration.',
      },
    },
    vlans: {
      title: 'VLAN by class',
      why: 'A device in good standing joins the VLAN of its class. Whoever is unknown, held or not trusted is put in quarantine, as is a class without a VLAN.',
      columns: ['Class', 'VLAN', 'On a port now'],
      quarantine: 'Quarantine',
      noVlan: 'none: quarantine',
      edit: 'Change the VLANs',
      effect: (n: number) =>
        n === 0
          ? 'Nobody who is on a port now is moved.'
          : `${many(n, 'session', 'sessions')} of those listed ${n === 1 ? 'is' : 'are'} moved at once. Set them back here if that was wrong.`,
      range: 'From 1 to 4094; empty: quarantine.',
      submit: 'Set the VLANs',
    },
    switches: {
      title: 'Switches',
      why: 'Only these may ask through the RADIUS server, and only these are told to move a session.',
      columns: ['Switch', 'Address', 'Takes orders at port'],
      none: 'None is set up. “cityward radius config --switch NAME=ADDRESS” does it.',
    },
    radius: {
      title: 'Certificates of the RADIUS server',
      columns: ['Certificate', 'Ends', 'State'],
      certificates,
      states: certificateStates,
      none: 'No RADIUS server is set up.',
      soon: 'A certificate of the RADIUS server ends soon',
      ended: 'A certificate of the RADIUS server has ended: no device joins at a plug',
      remedy: 'Run “cityward radius config” again where the server is configured, then restart the RADIUS server.',
      day: (kind: string, day: string, left: string) => `${kind}: ${day}, ${left}.`,
    },
    list: {
      why: 'Gateways and partner networks with a certificate of their own. Each may speak for its devices, and for no others.',
      columns: ['Network', 'Kind', 'Answers for it', 'Speaks for', 'State', 'Valid until', 'Act'],
      speaksFor: ({ devices, sites }: SpeaksFor) =>
        [
          ...(devices.length > 0 || sites.length === 0 ? [many(devices.length, 'device', 'devices')] : []),
          ...(sites.length > 0 ? [`all of ${many(sites.length, 'site', 'sites')}`] : []),
        ].join(', '),
      asksOnly: 'nobody: it asks who may join',
      open: 'Open',
      openOf: (name: string) => `Open ${name}`,
      whom: 'Speaks for',
      devices: 'Devices',
      sites: 'Every device of the sites',
      nobody: 'none',
      change: 'Change whom it speaks for',
      changeEffect: 'In force at once: what it says of a device that is not named here is refused.',
      changeYes: 'Say so',
      ids: 'Ids, with spaces between.',
      code: 'One-time code',
      codeEffect: 'With it the network gets its certificate by EST. A code that was issued before ends.',
      codeYes: 'Issue the code',
      codeShown: (until: string) => `Hand it to whoever runs the network. It works once, until ${until}.`,
      url: 'EST address',
      end: 'End',
      endOf: (name: string) => `End ${name}`,
      endEffect: 'It neither connects nor speaks for a device again, from now on. This cannot be taken back.',
      reasons: ['Contract over', 'Replaced by another'],
      register: 'Register a network',
      registerYes: 'Register it',
      form: {
        name: 'Name',
        id: 'Id',
        idHint: 'Small letters, digits and dashes; the name in its certificate.',
        kind: 'Kind',
        party: 'Who answers for it',
        noParty: 'No party of that name',
      },
      empty: {
        title: 'No network is registered',
        text: 'Until one is, every device speaks for itself, and site switches tell of the traffic at their site.',
      },
      noRole: 'Operators register and end networks. You can read which there are.',
    },
  },
} as const;
