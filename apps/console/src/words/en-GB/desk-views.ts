/** The records desk: copies of a record, how the vault stands, and whose data something touched. */
import type { Exposure, RecipientRequestState, Touch, VaultStanding } from '@cityward/contracts';
import { count, many } from './counting.ts';

const witnessStates: Record<VaultStanding['witnesses'][number]['state'], string> = {
  'not-asked': 'Not asked yet',
  agrees: 'Agrees',
  silent: 'Does not answer',
  ahead: 'Has seen more than the vault knows',
  contradicts: 'Has seen something else',
};
const exposureStates: Record<Exposure['state'], string> = {
  asked: 'Nobody is told yet',
  telling: 'People are being told',
  told: 'Everybody is told',
};
const touches: Record<Exclude<Touch['of'], 'dataset'>, (category: string) => string> = {
  stored: (category) => `stored in ${category}`,
  viewed: (category) => `looked at in ${category}`,
  exported: (category) => `exported from ${category}`,
};

const askStates: Record<RecipientRequestState, string> = {
  asked: 'Asked, no answer yet',
  reminded: 'Reminded, no answer yet',
  silent: 'Silent',
  deleted: 'Deleted, by their signed receipt',
  kept: 'Kept, by their signed answer',
};

export const deskViews = {
  receiving: {
    what: 'Question to a recipient',
    asks: {
      delete: 'Delete it: the records are destroyed here',
      revoke: 'Delete it: the person took back what they allowed',
    },
    columns: ['Recipient', 'Person', 'Asked', 'Answer by', 'Stands at', 'Act'],
    states: askStates,
    empty: {
      title: 'No recipient was asked',
      text: 'When records are destroyed, whoever has copies outside the city is asked to delete them. Their signed receipt closes the copy; until then it is here.',
    },
    facts: {
      ask: 'To',
      copy: 'Copy',
      versions: 'Versions',
      asked: 'Asked',
      by: 'Answer by',
      sent: 'Sent',
      nextTry: 'Sent again',
      fault: 'Last try',
      answered: 'Answered',
    },
    byHand: 'by hand: they have no address here',
    tries: (n: number) => many(n, 'time', 'times'),
    how: 'Send them the question as the city signed it. What comes back counts by its signature alone; hand it in here.',
    file: 'The signed question',
  },
  copying: {
    lead: 'Every place where a copy of a record lies or lay: the record itself, backups, exports, what was handed to somebody. By its id; nothing of its content is shown.',
    label: 'Id of the record',
    look: 'Look for its copies',
    wanted: 'look for copies of the record',
    columns: ['Copy', 'Who has it', 'Since', 'Ends', 'Last looked at', 'Stands at'],
    none: {
      title: 'Name a record',
      text: 'Its id begins with rec- and is in the evidence, in a request or in what is held about a person.',
    },
    choose: {
      title: 'Choose a person or name a record',
      text: 'Then you see where each record is in its life, restrict, erase or hold it, ask to open what is sealed, and find every copy.',
    },
    facts: { person: 'Person', category: 'Category', versions: 'Versions', state: 'In its life' },
    liesThere: 'Lies there',
    ended: (why: string) => `Ended: ${why}`,
    found: { held: 'was there', gone: 'was gone', unknown: 'could not be told' },
    never: 'never',
    waiting: 'Sealed, what comes next first',
    waitingColumns: ['Record', 'Person', 'Category', 'Why', 'Until', 'Act'],
    waitingNone: 'No record is sealed.',
    openCopiesOf: (record: string) => `Copies of record ${record}`,
  },
  standing: {
    wanted: 'load how the vault stands',
    gate: { open: 'The vault is open', closed: 'The vault is closed' },
    gateTitle: 'Gate',
    closedHelp:
      'Nobody sees a record until it opens again: by a witness that agrees, or by two officers who sign (cityward vault opening).',
    keys: 'Keys',
    backups: 'Backups',
    witnesses: 'Witnesses',
    noWitness: {
      title: 'No witness is configured',
      text: 'A witness on somebody else’s machine shows that the ledger only grew. Without one, a vault that was put back opens only by two officers.',
    },
    witnessColumns: ['Witness', 'Stands at', 'Signed up to', 'Has seen'],
    witnessStates,
    weeksColumns: ['Week', 'Its key is destroyed'],
    week: (n: number) => `Week ${count.format(n)}`,
    facts: {
      incarnation: 'Life of this vault',
      live: 'Keys in use',
      damaged: 'Damaged',
      root: 'Root key',
      medium: 'Medium',
      unsaved: 'In force, not in the database yet',
      ledger: 'Ledger',
      last: 'Last backup',
      open: 'Backups that exist',
      unreadable: 'What is destroyed now opens from no backup from',
    },
    neverBackedUp: 'never',
    noRoot: 'not at hand',
    entries: (n: number) => many(n, 'entry', 'entries'),
  },
  touching: {
    what: 'Question',
    lead: 'Ask after an incident whose data devices, services or data sets touched in a time. Nobody is told by asking.',
    wanted: 'load the questions',
    ask: 'Ask whose data was touched',
    askYes: 'Ask',
    wantedAsk: 'ask whose data was touched',
    askEffect:
      'The people are worked out from data sets, from what was stored and from who looked. The question and your reason are recorded.',
    form: {
      sources: 'Devices and services',
      sourcesHelp:
        'Devices are suggested as you type their name or id; of a service give its id. Empty, with no data set: everything that was stored or looked at in the time.',
      datasets: 'Data sets',
      datasetsHelp: 'By name; those behind the device that you named last come first.',
      from: 'From',
      to: 'To',
      turned: 'An end after the beginning',
    },
    columns: ['Asked', 'Why', 'Time', 'People', 'Stands at', 'Act'],
    states: exposureStates,
    empty: {
      title: 'Nobody asked yet',
      text: 'The answer says how many people were touched and by what, with a draft of what to tell them.',
    },
    facts: {
      asked: 'Asked',
      why: 'Why',
      time: 'Time',
      sources: 'Devices and services',
      datasets: 'Data sets',
      told: 'Told',
    },
    everything: 'everything',
    groups: 'How they were touched',
    people: (n: number) => many(n, 'person', 'people'),
    dataset: (name: string, purpose: string) => `are in ${name} (${purpose})`,
    touches,
    draft: 'Draft of what to tell them',
    list: 'The people, by id',
    more: (n: number) => `and ${count.format(n)} more`,
    wantedPeople: 'load the people',
    nobody: 'No person’s data was touched.',
    tell: (n: number) => `Tell ${many(n, 'person', 'people')}`,
    tellEffect:
      'From now on this stands among who looked at their data, and all of them read this text among their notices. It cannot be called back or changed.',
    text: 'What they read',
    textHelp: 'Replace what stands in brackets. At least twenty letters.',
    brackets: 'Something still stands in brackets',
    wantedTell: 'tell the people',
  },
} as const;
