/** The records desk: holds, exports, destructions, copies, the vault, whose data something touched. */
import type { Destruction, Export, Hold, LifeReason } from '@cityward/contracts';
import { count, many } from './counting.ts';
import { purposes } from './desk.ts';

const holdStates: Record<Hold['state'], string> = {
  asked: 'Asked for; holds already',
  set: 'In force',
  'lift-asked': 'In force; to be lifted',
  lifted: 'Lifted',
  lapsed: 'Lapsed',
};
const exportStates: Record<Export['state'], string> = {
  asked: 'Waits for a second officer',
  released: 'Released',
  refused: 'Refused',
  withdrawn: 'Withdrawn',
};
const destructionStates: Record<Destruction['state'], string> = {
  'copies-left': 'Copies are left',
  'to-certify': 'Waits for a certificate',
  certified: 'Certified',
};
const triggers: Record<LifeReason, string> = {
  stored: 'Stored',
  'asked-by-person': 'Asked for by the person',
  'kept-by-law': 'Kept by law',
  'legal-hold': 'Legal hold',
  'hold-lifted': 'Hold lifted',
  'time-is-over': 'Its time was over',
  'erasure-asked': 'The person asked for it',
  'order-of-court': 'Order of a court',
  'stored-in-error': 'Stored in error',
  officer: 'Decided by an officer',
};

export const deskActs = {
  holding: {
    what: 'Hold',
    columns: ['Covers', 'Person', 'Why', 'Stands at', 'Lapses', 'Act'],
    states: holdStates,
    everything: 'Everything of the person',
    category: (name: string) => `Category ${name}`,
    record: 'One record',
    empty: {
      title: 'Nothing is held',
      text: 'A legal hold keeps what it covers from being destroyed, whatever else says so. Ask for one here: it holds from that moment, and a second officer sets it within three days.',
    },
    ask: 'Ask for a hold',
    askEffect:
      'From now on nothing that it covers is destroyed. It lapses after three days unless another officer sets it.',
    askYes: 'Ask for the hold',
    wantedAsk: 'ask for the hold',
    form: {
      category: 'Only of this category',
      record: 'Only this record',
      optional: 'Empty: everything of the person.',
      basis: 'Why',
      clause: 'By which law or order',
      clauseHelp: 'Such as High Court Rules 8.3',
    },
    set: 'Set the hold',
    setEffect:
      'It stays in force until two officers lift it. What it covers is not destroyed, and the person is told why where they ask for erasure.',
    wantedSet: 'set the hold',
    lift: 'Lift the hold',
    liftAsk: 'Ask for it to be lifted',
    liftAskEffect: 'It stays in force until another officer lifts it too.',
    liftEffect:
      'From now on what it covered may be destroyed: what fell due meanwhile is, within minutes. That cannot be taken back.',
    wantedLift: 'lift the hold',
    liftReasons: ['The matter is settled', 'Set in error'],
    facts: { covers: 'Covers', why: 'Why', asked: 'Asked by', set: 'Set', liftAsked: 'Lifting asked by' },
  },
  exporting: {
    what: 'Export',
    columns: ['What', 'For whom', 'Purpose', 'Asked for', 'Stands at', 'Act'],
    states: exportStates,
    purposes,
    shapes: { rows: 'rows', counts: 'counts' },
    grounds: { consent: 'Consent of the people', law: 'By law' },
    shape: (category: string, shape: string) => `${category}, ${shape}`,
    empty: {
      title: 'Nobody asked for an export',
      text: 'An officer asks here for a table for one recipient and purpose. It waits for a second officer, and is made coarse, marked and encrypted when released.',
    },
    facts: {
      columns: 'Columns',
      recipient: 'For',
      key: 'Its key',
      purpose: 'Purpose',
      ground: 'Ground',
      basis: 'Basis',
      least: 'Smallest group',
      until: 'Destroyed there by',
      asked: 'Asked by',
      decided: 'Decided',
      shown: 'Rows or people shown',
      marks: 'Marked rows',
      fetched: 'Fetched',
      file: 'File',
    },
    least: (k: number, l: number) => `${count.format(k)} people, with ${count.format(l)} different values`,
    bytes: (n: number) => many(n, 'byte', 'bytes'),
    notFetched: 'not yet',
    release: 'Release it',
    releaseEffect: (recipient: string) =>
      `The table is made now, encrypted so that only ${recipient} opens it, and recorded for each person in it. What is sent cannot be called back.`,
    wantedRelease: 'release the export',
    refuse: 'Refuse it',
    refuseEffect: 'Nothing is made. Whoever asked reads your reason.',
    withdraw: 'Withdraw it',
    withdrawEffect: 'The file is destroyed here. Where it was fetched already, the recipient is asked to delete it.',
    wantedRefuse: 'refuse the export',
    refuseReasons: ['Purpose is not clear', 'Less would do', 'Wrong recipient'],
    fetch: 'Download the encrypted file',
    unknownRecipient: (name: string) =>
      `Before the file can be downloaded, register “${name}” under Recipients: the city asks it to delete the file when the time is over.`,
  },
  destroying: {
    what: 'Destruction',
    columns: ['Why', 'Person', 'Records', 'When', 'Stands at', 'Act'],
    states: destructionStates,
    triggers,
    size: (records: number, versions: number) =>
      `${many(records, 'record', 'records')}, ${many(versions, 'version', 'versions')}`,
    empty: {
      title: 'Nothing was destroyed yet',
      text: 'When records are destroyed, here is what copies are left and the certificate that says they are gone, signed by another officer.',
    },
    facts: {
      reason: 'In words',
      by: 'Ordered by',
      at: 'Keys destroyed',
      size: 'How much',
      root: 'Root of the tree of versions',
    },
    left: 'Copies that are left',
    leftWhy: 'Each is asked again by itself. A certificate is drafted once none is left that the city can reach.',
    leftColumns: ['Copy', 'Who has it', 'Stands at'],
    json: 'Certificate (JSON)',
    pdf: 'Certificate (PDF)',
    order: 'Order a destruction',
    orderEffect:
      'What the law lets be destroyed is destroyed now: nobody reads it again, and it cannot be undone. What the law wants kept is sealed until its day. What a hold covers stays.',
    look: 'Look at what is held',
    held: (n: number) => `${many(n, 'record is', 'records are')} held and in use:`,
    heldAtLeast: (n: number) => `At least ${many(n, 'record is', 'records are')} held and in use; of the newest:`,
    heldNone: 'Nothing is held about a person of this id.',
    heldOf: (category: string, n: number) => `${category}: ${many(n, 'record', 'records')}`,
    form: {
      records: 'Only these records',
      recordsHelp: 'Empty: everything of the person.',
      trigger: 'Because',
    },
    orderYes: 'Destroy the records',
    wantedLook: 'look at what is held',
    wantedOrder: 'destroy the records',
    answered: 'What became of them',
    openOrdered: 'Open the destruction',
    certify: 'Certify it',
    certifyEffect:
      'Every key is looked for anew, and samples are tried. What was found is drafted as a certificate for you to read and sign.',
    draft: 'Look, and draft the certificate',
    wantedDraft: 'draft the certificate',
    verifier: { name: 'Your name', title: 'Your office', location: 'Where you are', contact: 'How you are reached' },
    verifierHelp: 'They stand on the certificate, as NIST SP 800-88 asks.',
    hash: 'What you sign (SHA-256)',
    differs:
      'What the server says is signed is not what this page shows. Nothing was signed. Tell whoever runs the server.',
    sign: 'Sign with the passkey',
    noPasskeys: 'This browser or address cannot use passkeys. Sign on the command line:',
    command: (id: string) => `cityward destruction certify ${id}`,
    wantedSign: 'sign the certificate',
  },
} as const;
