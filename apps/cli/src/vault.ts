/** Verbs about the vault as a whole: how it stands, backup, restore, opening it again, erasing. */
import { resolve } from 'node:path';
import {
  ERASE_ALL_WORDS,
  type Api,
  type JobSignature,
  type VaultOpening,
  type VaultStanding,
} from '@cityward/contracts';
import { askLine } from './ask.ts';
import type { Asked, Command } from './command.ts';
import { day } from './days.ts';
import { CommandFault, EXIT } from './exit-codes.ts';
import { readJson, writeJson } from './sign.ts';
import { listOf, wanted } from './wanted.ts';

const REASON_FLAG = { name: 'reason', value: 'TEXT', help: 'why; goes into the evidence' } as const;

export const vaultCommands = (api: Api): readonly Command[] => [
  statusCommand(api),
  backupCommand(api),
  restoreCommand(api),
  openingCommand(api),
  openCommand(api),
  eraseCommand(api),
  archiveCommand(api),
];

function standingText(standing: VaultStanding): string {
  const { gate, incarnation, keys, ahead, ledger, witnesses, backups } = standing;
  const seen = witnesses.map(
    ({ name, state, cosigned, seen: more }) =>
      `witness     ${name}: ${state}${cosigned === null ? '' : `, signed ${cosigned} entries`}${more === null ? '' : `, has seen ${more}`}`,
  );
  const last =
    backups.last === null ? 'none' : `${day(backups.last.at)}, ${backups.last.place.replace(/^backup:/, '')}`;
  return [
    `gate        ${gate}`,
    `incarnation ${incarnation ?? 'none'}`,
    `keys        ${keys.live} live, ${keys.damaged} damaged`,
    `root key    ${keys.root ?? 'not open'}`,
    `medium      ${keys.medium}`,
    `ahead       journal ${ahead.journal}, ledger ${ahead.ledger} brought back at the start; ${ahead.unsaved} wait for the database`,
    `ledger      ${ledger.origin}, ${ledger.size} entries`,
    ...(seen.length > 0 ? seen : ['witness     none: nobody outside would notice an older copy of everything']),
    `last backup ${last} (${backups.open} in all)`,
    ...backups.weeks.map(({ week, destroyed }) => `backup key  of week ${week}, destroyed on ${day(destroyed)}`),
    `gone        what is destroyed now opens from no backup from ${day(backups.unreadableFrom)} on`,
  ].join('\n');
}

const statusCommand = (api: Api): Command => ({
  verb: 'vault status',
  words: [],
  help: 'How the vault of records stands: open or why not, its keys, backups and witnesses.',
  flags: [],
  examples: ['vault status'],
  run: async ({ client }) => {
    const standing = await client.call(api.vaultStanding, {});
    return { data: standing, text: standingText(standing), exit: standing.isOpen ? EXIT.done : EXIT.refused };
  },
});

const backupCommand = (api: Api): Command => ({
  verb: 'vault backup',
  words: ['FOLDER'],
  help: 'Back the vault up into a folder of the city’s machine. Its keys are sealed by the key of the week.',
  flags: [
    {
      name: 'keys-to',
      value: 'FOLDER',
      help: 'another medium: bring root key and backup keys there, and overwrite those that ended',
    },
  ],
  examples: ['vault backup /backups --keys-to /media/safe'],
  run: async ({ words, flag, client }) => {
    const keysTo = flag('keys-to');
    const body = { folder: resolve(words[0] ?? ''), keysTo: keysTo === undefined ? null : resolve(keysTo) };
    const made = await client.call(api.backUpVault, { body });
    const apart =
      keysTo === undefined
        ? '\nWithout --keys-to it is of use only on a machine that still has root and backup keys'
        : '';
    const { objects, missing } = made.archive;
    const lost =
      missing === 0 ? '' : `\n${missing} objects are not in the archive as they were put there, nor in this backup`;
    const text = `${made.folder}\n${made.bytes} bytes, ${objects} objects of the archive among them; its keys open until ${day(made.unreadableFrom)}${lost}${apart}`;
    return { data: made, text };
  },
});

const restoreCommand = (api: Api): Command => ({
  verb: 'vault restore',
  words: ['FOLDER'],
  help: 'Put a backup in the place of what is there. The vault then stays closed until a witness or two officers have given their word.',
  flags: [
    { name: 'keys-from', value: 'FOLDER', help: 'where root and backup keys were kept apart' },
    REASON_FLAG,
    { name: 'yes', help: 'do not ask' },
  ],
  examples: [
    'vault restore /backups/vault-2027-01-15-7k2m9c0q4x1ab3d5 --keys-from /media/safe --reason "the disk failed"',
  ],
  run: async (asked) => {
    const folder = resolve(asked.words[0] ?? '');
    const keysFrom = asked.flag('keys-from');
    const reason = wanted(asked, 'vault restore', 'reason');
    await typed(asked, 'restore', 'What is in the vault now is put away. Type "restore" to go on: ');
    const body = { folder, keysFrom: keysFrom === undefined ? null : resolve(keysFrom), reason };
    const done = await asked.client.call(api.restoreVault, { body });
    const { rows, keys, made, archive, gate } = done;
    const lost =
      archive.missing === 0 ? [] : [`not in the archive: ${archive.missing}, among them ${archive.records.join(', ')}`];
    const text = [
      `${rows} rows, ${keys} keys and ${archive.objects - archive.missing} objects of the archive of ${day(made)}`,
      ...lost,
      gate,
    ];
    return { data: done, text: text.join('\n') };
  },
});

async function typed(asked: Asked, word: string, question: string): Promise<string> {
  if (asked.has('yes')) return word;
  const given = (await askLine(question, '--yes')).trim();
  if (given === word) return word;
  throw new CommandFault(EXIT.refused, `${word}: "${given}" was typed; nothing was done`);
}

const openingCommand = (api: Api): Command => ({
  verb: 'vault opening',
  words: ['FILE'],
  help: 'Write what two officers sign to open a vault that was put back, where no witness can give its word.',
  flags: [],
  examples: ['vault opening opening.json'],
  run: async ({ words, client }) => {
    const opening = await client.call(api.vaultOpening, {});
    const file = writeJson(words[0] ?? '', opening);
    const text = `Written to ${file}. Two officers, each on a machine of their own: npx cityward sign ${file} --key YOUR.key`;
    return { data: { file, opening }, text };
  },
});

const openCommand = (api: Api): Command => ({
  verb: 'vault open',
  words: ['FILE'],
  help: 'Open a vault that was put back, by what "vault opening" wrote and the signatures of two officers on it.',
  flags: [{ name: 'signatures', value: 'FILE,…', help: 'what "sign" wrote for each' }],
  examples: ['vault open opening.json --signatures opening.json.ann-key.sig.json,opening.json.bob-key.sig.json'],
  run: async (asked) => {
    const files = listOf(wanted(asked, 'vault open', 'signatures'));
    const body = {
      opening: readJson(asked.words[0] ?? '') as unknown as VaultOpening,
      signatures: files.map((file) => readJson(file) as unknown as JobSignature),
    };
    const done = await asked.client.call(api.openVault, { body });
    return { data: done, text: done.gate };
  },
});

const eraseCommand = (api: Api): Command => ({
  verb: 'vault erase',
  words: ['PERSON?'],
  help: 'Destroy all keys of a person, or with --everybody of the whole vault. Nothing of it is read again.',
  flags: [
    REASON_FLAG,
    { name: 'everybody', help: 'the whole vault, the keys of its backups too' },
    { name: 'typed', value: 'TEXT', help: `for scripts: the person's id, or "${ERASE_ALL_WORDS}"` },
  ],
  examples: [
    'vault erase per-7k2m9c0q4x1ab3d5 --reason "asked for by the person"',
    'vault erase --everybody --reason "the city gives it up"',
  ],
  run: async (asked) => {
    const person = asked.words[0] ?? null;
    if ((person === null) !== asked.has('everybody'))
      throw new CommandFault(EXIT.usage, 'vault erase: one of a person and --everybody is wanted');
    const reason = wanted(asked, 'vault erase', 'reason');
    const words = person ?? ERASE_ALL_WORDS;
    const given =
      asked.flag('typed') ?? (await askLine(`This cannot be undone. Type "${words}" to go on: `, '--typed')).trim();
    const done = await asked.client.call(api.eraseVault, { body: { person, reason, typed: given } });
    const text = `${done.records} records, ${done.keys} keys destroyed; no backup opens them from ${day(done.unreadableFrom)} on`;
    return { data: done, text };
  },
});

const archiveCommand = (api: Api): Command => ({
  verb: 'vault archive',
  words: ['ID?', 'FILE?'],
  help: 'What went to the archive, newest first; with an id and a file, its manifest as the city signed it.',
  flags: [],
  examples: ['vault archive', 'vault archive arc-7k2m9c0q4x1ab3d5 manifest.json'],
  run: async ({ words: [id, path], client }) => {
    if (id === undefined) {
      const { archives } = await client.call(api.listArchives, {});
      const lines = archives.map(
        (one) => `${one.id}  ${day(one.at)}  ${one.versions} versions, ${one.here} not destroyed`,
      );
      return { data: archives, text: lines.join('\n') || 'nothing was archived' };
    }
    const file = writeJson(path ?? `${id}.json`, await client.call(api.getArchive, { params: { id } }));
    return { data: { file }, text: `Written to ${file}` };
  },
});
