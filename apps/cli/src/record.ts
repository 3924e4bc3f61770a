/** Verbs about records of people: store, list, look, destroy. */
import { readFileSync, writeFileSync } from 'node:fs';
import { extname } from 'node:path';
import {
  CLIP_MEDIA,
  isClip,
  PURPOSES,
  RECORD_MEDIA,
  type Api,
  type HeldRecord,
  type Look,
  type LookLine,
  type LooksOfWeek,
  type Purpose,
  type RecordMedia,
} from '@cityward/contracts';
import { plainText } from '@cityward/fleet/verify';
import { putInBulk } from './record-bulk.ts';
import { asPerson, PERSON_FLAGS } from './as-person.ts';
import type { Asked, Command } from './command.ts';
import { moment } from './days.ts';
import { CommandFault, EXIT } from './exit-codes.ts';
import { oneOf, wanted } from './wanted.ts';

export const recordCommands = (api: Api): readonly Command[] => [
  putCommand(api),
  listCommand(api),
  viewCommand(api),
  destroyCommand(api),
  looksCommand(api),
];

const MEDIA: Readonly<Record<string, RecordMedia>> = {
  '.json': 'application/json',
  '.pdf': 'application/pdf',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.mp4': 'video/mp4',
  '.webm': 'video/webm',
  '.mjpeg': 'video/x-motion-jpeg',
  '.mjpg': 'video/x-motion-jpeg',
};
function mediaOf(path: string, said: string | undefined): RecordMedia {
  const media = said ?? MEDIA[extname(path).toLowerCase()];
  const fault = `store "${path}" as "${media ?? ''}": wanted --media ${RECORD_MEDIA.join(', ')}`;
  return oneOf(RECORD_MEDIA, media, fault);
}

/** Where clips of cameras are kept without another word; its class ends them. */
const CLIP_CATEGORY = 'street-camera';
function isClipOf(asked: Pick<Asked, 'flag'>): boolean {
  const medium = asked.flag('medium');
  if (medium === undefined || medium === 'clip') return medium === 'clip';
  throw new CommandFault(EXIT.usage, `record put: --medium "${medium}": wanted clip, or none`);
}
function clipMediaOf(path: string, said: string | undefined): RecordMedia {
  const media = mediaOf(path, said);
  if (isClip(media)) return media;
  throw new CommandFault(EXIT.usage, `store "${path}" as a clip: it is "${media}", wanted ${CLIP_MEDIA.join(', ')}`);
}

const putCommand = (api: Api): Command => ({
  verb: 'record put',
  words: ['FILE'],
  help: 'Store a record of a person, encrypted under a key of its own.',
  flags: [
    { name: 'subject', value: 'ID', help: 'whose it is' },
    { name: 'category', value: 'NAME', help: 'such as blood-tests' },
    { name: 'media', value: 'TYPE', help: 'application/fhir+json, …; default by the name of the file' },
    {
      name: 'medium',
      value: 'clip',
      help: 'a clip of a camera, whose id is --subject, in street-camera without --category',
    },
    { name: 'record', value: 'ID', help: 'as a new version of this record' },
    {
      name: 'bulk',
      help: 'FILE holds many new records, one a line as JSON: subject, category, media, content (Base64)',
    },
  ],
  examples: [
    'record put result.json --subject per-7k2m9c0q4x1ab3d5 --category blood-tests --media application/fhir+json',
    'record put cam-0003.mp4 --medium clip --subject cam-0003',
    'record put records.ndjson --bulk',
  ],
  run: async (asked) => {
    const path = asked.words[0] ?? '';
    if (asked.has('bulk')) return putInBulk(api, asked.client, path);
    const record = asked.flag('record');
    const body = {
      subject: wanted(asked, 'record put', 'subject'),
      category: isClipOf(asked) ? (asked.flag('category') ?? CLIP_CATEGORY) : wanted(asked, 'record put', 'category'),
      media: isClipOf(asked) ? clipMediaOf(path, asked.flag('media')) : mediaOf(path, asked.flag('media')),
      content: readFileSync(path).toString('base64'),
      ...(record === undefined ? {} : { record }),
    };
    const stored = await asked.client.call(api.putRecord, { body });
    return { data: stored, text: `${stored.record}  version ${stored.version}` };
  },
});

const line = ({ id, category, versions, destroyed }: HeldRecord): string => {
  const last = versions.at(-1);
  const state = destroyed ? `destroyed: ${plainText(destroyed.reason)}` : `${last?.media}, ${last?.bytes} bytes`;
  return `${id}  ${category}  ${versions.length} version${versions.length === 1 ? '' : 's'}  ${state}`;
};

const listCommand = (api: Api): Command => ({
  verb: 'record ls',
  words: [],
  help: 'What is held about a person, without its content.',
  flags: [{ name: 'subject', value: 'ID', help: 'whose records' }],
  examples: ['record ls --subject per-7k2m9c0q4x1ab3d5'],
  run: async (asked) => {
    const { records } = await asked.client.call(api.listRecords, {
      query: { subject: wanted(asked, 'record ls', 'subject') },
    });
    return { data: records, text: records.map(line).join('\n') || 'nothing is held' };
  },
});

function purposeOf(text: string | undefined): Purpose | undefined {
  if (text === undefined) return undefined;
  return oneOf(PURPOSES, text, `look for "${text}": wanted --purpose ${PURPOSES.join(', ')}`);
}

const viewCommand = (api: Api): Command => ({
  verb: 'record view',
  words: ['ID'],
  help: 'Look at a record as the person who has the recovery code. The look is recorded, and so is a refusal.',
  flags: [
    { name: 'purpose', value: 'CODE', help: `${PURPOSES.join(', ')}; without it, as the one whose record it is` },
    { name: 'version', value: 'N', help: 'the newest without it' },
    { name: 'out', value: 'FILE', help: 'write it there (mode 600) instead of showing it' },
    ...PERSON_FLAGS,
  ],
  examples: ['record view rec-7k2m9c0q4x1ab3d5 --purpose TREAT'],
  run: async (asked) => {
    const purpose = purposeOf(asked.flag('purpose'));
    const version = asked.flag('version');
    const query = { ...(purpose ? { purpose } : {}), ...(version === undefined ? {} : { version: Number(version) }) };
    const content = await asPerson(api, asked, (client) =>
      client.bytes(api.viewRecord, { params: { id: asked.words[0] ?? '' }, query }),
    );
    const out = asked.flag('out');
    if (out !== undefined) {
      writeFileSync(out, content, { mode: 0o600, flag: 'wx' });
      return { data: { bytes: content.length, out }, text: `${content.length} bytes in ${out}` };
    }
    return { data: { bytes: content.length, content: content.toString('base64') }, text: shown(content) };
  },
});

/** What steers a terminal is not shown. */
function shown(content: Buffer): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(content);
    return text.split('\n').map(plainText).join('\n');
  } catch {
    return `${content.length} bytes that are no text; write them to a file with --out`;
  }
}

const lookLine = ({ at, what, by, record, purpose, consent, why, entry }: Look): string =>
  [
    new Date(at).toISOString(),
    what.padEnd(10),
    by,
    record ?? consent ?? '',
    purpose ?? '',
    plainText(why ?? ''),
    `entry ${entry}`,
  ]
    .filter((part) => part !== '')
    .join('  ');

/** As a person says it. */
const DONE: Readonly<Record<LookLine['what'], string>> = {
  stored: 'stored',
  viewed: 'looked at',
  refused: 'was not let see',
  destroyed: 'had destroyed',
  exported: 'exported from',
  given: 'gave a consent',
  'handed-on': 'handed a consent on',
  'taken-back': 'took a consent back',
  'taken-out': 'took everything along',
  traced: 'found out whose copy a picture was of',
  emergency: 'broke the glass in an emergency',
  'emergency-refused': 'was not let break the glass',
  'emergency-ended': 'ended an emergency',
  'emergency-reviewed': 'reviewed an emergency',
  'blind-on': 'chose that the city cannot read their records',
  'blind-off': 'let the city read their records again',
  'blind-shared': 'gave the keys of locked records',
  'blind-asked': 'asked those who hold shares of the keys',
  'blind-released': 'released a share of the keys',
  'blind-recovery-ended': 'ended the asking for a key of their own',
  sealed: 'sealed',
  unsealed: 'had sealed records opened',
  'sealed-again': 'sealed opened records again',
  restricted: 'restricted',
  'used-again': 'let be used again',
  exposed: 'says that an incident touched data about this person',
};
function lineText({
  what,
  by,
  machine,
  category,
  purpose,
  consent,
  emergency,
  why,
  count,
  first,
  last,
}: LookLine): string {
  const times = count === 1 ? '' : ` ${count} times`;
  const until = first === last ? '' : ` to ${moment(last)}`;
  const [because, actor] = [why === null ? '' : ` (${plainText(why)})`, machine ? `${by} (a machine)` : by];
  const forWhat = purpose === null ? '' : ` for ${purpose}`;
  const rests = consent ?? emergency ?? '';
  return `${moment(first)}${until}  ${actor} ${DONE[what]} ${category ?? ''}${times}${forWhat}${because}  ${rests}`.trimEnd();
}
function weekText({ week, lines, cut, earlier }: LooksOfWeek): string {
  const more = [
    ...(cut ? ['more was done than is shown'] : []),
    ...(earlier === null ? [] : [`before that: --week ${earlier}`]),
  ];
  return [`week ${week.id}`, ...(lines.length === 0 ? ['nothing was done'] : lines.map(lineText)), ...more].join('\n');
}

const looksCommand = (api: Api): Command => ({
  verb: 'record looks',
  words: [],
  help: 'Who looked at what is held about a person, who was refused, and what else was done with it. Newest first.',
  flags: [
    { name: 'subject', value: 'ID', help: 'whose records' },
    { name: 'before', value: 'ENTRY', help: 'only what was done before this entry of the ledger' },
    { name: 'week', value: 'WEEK', help: 'such as 2027-W03: that week alone, like with like in one line' },
    { name: 'proof', value: 'FILE', help: 'write the week (without --week the present one) with its proofs there' },
  ],
  examples: [
    'record looks --subject per-7k2m9c0q4x1ab3d5',
    'record looks --subject per-7k2m9c0q4x1ab3d5 --week 2027-W03 --proof looks.zip',
  ],
  run: async (asked) => {
    const [before, week, proof] = [asked.flag('before'), asked.flag('week'), asked.flag('proof')];
    const subject = wanted(asked, 'record looks', 'subject');
    const ofWeek = { query: { subject, ...(week === undefined ? {} : { week }) } };
    if (proof !== undefined) {
      const pack = await asked.client.bytes(api.proveLooks, ofWeek);
      writeFileSync(proof, pack, { mode: 0o600, flag: 'wx' });
      return { data: { bytes: pack.length, proof }, text: `${pack.length} bytes in ${proof}` };
    }
    if (week !== undefined) {
      const looks = await asked.client.call(api.looksOfWeek, ofWeek);
      return { data: looks, text: weekText(looks) };
    }
    const query = {
      subject,
      ...(before === undefined ? {} : { before: Number(before) }),
    };
    const { looks } = await asked.client.call(api.listLooks, { query });
    return { data: looks, text: looks.map(lookLine).join('\n') || 'nobody has looked' };
  },
});

const destroyCommand = (api: Api): Command => ({
  verb: 'record destroy',
  words: ['ID'],
  help: 'Destroy the keys of all versions of a record: nobody reads it again.',
  flags: [{ name: 'reason', value: 'TEXT', help: 'why; goes into the evidence' }],
  examples: ['record destroy rec-7k2m9c0q4x1ab3d5 --reason "erasure asked for"'],
  run: async (asked) => {
    const body = { reason: wanted(asked, 'record destroy', 'reason') };
    const held = await asked.client.call(api.destroyRecord, { params: { id: asked.words[0] ?? '' }, body });
    return { data: held, text: line(held) };
  },
});
