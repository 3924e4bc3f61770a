/** Cloud services. */
import type { DataSet, ServiceIdentity } from '@cityward/contracts';
import { many } from './counting.ts';

const states: Record<ServiceIdentity['state'], string> = { active: 'May ask', ended: 'Ended' };
const data: Record<DataSet, { name: string; hint: string }> = {
  city: { name: 'City', hint: 'parties, sites, networks, the map' },
  devices: { name: 'Devices', hint: 'devices and what is known of them' },
  incidents: { name: 'Incidents', hint: 'situations, incidents, traces' },
  evidence: { name: 'Evidence', hint: 'the ledger and its packs' },
  changes: { name: 'Changes', hint: 'changes of devices and the baseline' },
  clips: { name: 'Clips', hint: 'stores clips of cameras; reads nothing' },
  care: { name: 'Care', hint: 'says who is in care at its clinic; reads nothing' },
};

export const services = {
  cloud: {
    lead: 'Programs of others that ask the city for data. Each has an owner who answers for it, and reaches what it is registered for and nothing else.',
    columns: ['Service', 'Answers for it', 'May reach', 'Known by', 'Last seen', 'Standing', 'Act'],
    states,
    data,
    sites: (n: number) => (n === 0 ? 'of the whole city' : `of ${many(n, 'site', 'sites')}`),
    never: 'never',
    by: 'by',
    ways: {
      secret: 'Secret',
      key: 'Own key',
      certificate: 'Certificate',
      none: 'Nothing yet',
      since: 'since',
      until: 'until',
    },
    manage: 'Manage',
    manageOf: (name: string) => `Manage ${name}`,
    facts: {
      id: 'Client id',
      issuer: 'Tokens from',
      spiffe: 'Name in certificates',
      key: 'SHA-256 of its key',
      registered: 'Registered',
      reason: 'Ended because',
    },
    register: 'Register a service',
    registerYes: 'Register it',
    registered: (name: string) =>
      `${name} is registered, and cannot ask for anything yet. Give it a secret, a certificate or a key now.`,
    form: {
      id: 'Id',
      idHint: 'Small letters, digits and dashes. It is its client id, and never used again for another.',
      name: 'Name',
      owner: 'Who answers for it',
      ownerHint: 'A party of the city, or a person who may sign in.',
      parties: 'Parties',
      noOwner: 'Nobody of that name',
      data: 'What it may reach',
      sites: 'Only devices of these sites',
      sitesHint: 'Ids, with spaces between. Empty: the whole city. Only where it reaches devices alone.',
    },
    secret: 'New secret',
    secretEffect:
      'A new secret is made and shown once; the one before ends at once. Tokens that were issued live at most ten minutes on.',
    secretYes: 'Make the secret',
    secretShown: 'Copy it now: it is shown this once, and kept nowhere.',
    secretLabel: 'Client secret',
    tokenUrl: 'Token address',
    certificate: 'Certificate',
    codeEffect:
      'A one-time code is made, good for an hour. With it the service sends a signing request for its own key, and from then on it renews by its certificate.',
    codeYes: 'Issue the code',
    codeShown: (until: string) => `Hand it to whoever runs the service. It works once, until ${until}.`,
    codeLabel: 'One-time code',
    codeUrl: 'Certificate address',
    key: 'Public key',
    keyEffect:
      'The service signs its own assertions (private_key_jwt) with the key that belongs to this one. A key that was set before ends.',
    keyLabel: 'Public key (PEM)',
    keyYes: 'Set the key',
    keySet: 'The key is set. The hash above is of this key: compare it with what the owner has.',
    reach: 'Reach',
    reachEffect: 'In force at once, for tokens that were issued too.',
    reachYes: 'Set the reach',
    end: 'End',
    endOf: (name: string) => `End ${name}`,
    endEffect:
      'From now on no token, secret, key or certificate of it counts. This cannot be taken back, and its id is never used again.',
    endReasons: ['Contract over', 'Replaced by another', 'No longer used'],
    empty: {
      title: 'No service is registered',
      text: 'A program that is to read the city’s data by itself is registered here, with an owner and what it may reach.',
    },
    noRole: 'Administrators register and end services. You can read which there are.',
    wantedList: 'load the cloud services',
    wantedRegister: 'register the service',
    wantedSecret: 'make a secret',
    wantedCode: 'issue a code',
    wantedKey: 'set the key',
    wantedReach: 'set the reach',
    wantedEnd: 'end the service',
  },
} as const;
