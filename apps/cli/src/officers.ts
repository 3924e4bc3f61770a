/** Verbs for the document that says who may sign: made and signed on officers' own machines, handed in to the city. */
import type { Api, OfficerKey, Officers, SignedOfficers, Thresholds } from '@cityward/contracts';
import {
  checkOfficers,
  isOfficerKey,
  officersBytes,
  officersHash,
  officersInWords,
  verifyFirstOfficers,
  verifyOfficers,
} from '@cityward/fleet/verify';
import { askPassphrase, PASSPHRASE_FLAG } from './ask.ts';
import type { Asked, Command, Said } from './command.ts';
import { CommandFault, EXIT } from './exit-codes.ts';
import { makeKeyFile } from './key-file.ts';
import { readJson, signCommand, signFile, writeJson } from './sign.ts';

const DAY_MS = 86_400_000;
const DAYS_DEFAULT = 730;
const THRESHOLDS: Thresholds = { officers: 2, install: 2, set: 2, wipe: 2, configure: 1, rotate: 1, restart: 1 };
const ID_SHAPE = /^[a-z0-9][a-z0-9-]{1,62}[a-z0-9]$/;

const LASTING: readonly Command['flags'][number][] = [
  { name: 'days', value: 'N', help: `how long the document holds (${DAYS_DEFAULT})` },
  { name: 'thresholds', value: 'ACT=N,…', help: 'officers, install, set, wipe, configure, rotate, restart' },
];

export const officersCommands = (api: Api): readonly Command[] => [
  keyCommand,
  initCommand,
  addCommand,
  removeCommand,
  {
    ...signCommand,
    verb: 'officers sign',
    help: `${signCommand.help} The same as "sign".`,
    run: (asked) => signFile(asked),
  },
  showCommand,
  sendCommand(api),
  fetchCommand(api),
];

const keyCommand: Command = {
  verb: 'officers key',
  words: ['FILE'],
  help: 'Make your own key: a file sealed by a passphrase, and FILE.pub.json to give to the others. Do this on your own machine.',
  flags: [
    { name: 'officer', value: 'ID', help: 'who you are, such as ann-doe' },
    { name: 'id', value: 'ID', help: "the key's own id (OFFICER-key)" },
    PASSPHRASE_FLAG,
  ],
  examples: ['officers key ann.key --officer ann-doe'],
  run: async (asked) => {
    const [path = ''] = asked.words;
    const officer = idOf('officer', asked.flag('officer'));
    const id = idOf('id', asked.flag('id') ?? `${officer}-key`);
    const key = makeKeyFile(path, { officer, id }, await askPassphrase(asked, true));
    const shared = writeJson(`${path}.pub.json`, key);
    return {
      data: key,
      text: `Key ${id} of ${officer}: ${path} (keep it, and its passphrase, to yourself)\nTo share: ${shared}`,
    };
  },
};

function idOf(what: string, given: string | undefined): string {
  if (given && ID_SHAPE.test(given)) return given;
  throw new CommandFault(EXIT.usage, `read --${what}: "${given ?? ''}" is no id; wanted 3 to 64 of a-z, 0-9 and -`);
}

const initCommand: Command = {
  verb: 'officers init',
  words: ['FILE'],
  help: 'Write the first officers document from the keys of all. Then each signs it, and its hash is pinned on devices at commissioning.',
  flags: [
    { name: 'city', value: 'NAME', help: "the city's name" },
    { name: 'keys', value: 'FILE,…', help: 'public keys: what "officers key" wrote, or a passkey from the console' },
    ...LASTING,
  ],
  examples: ['officers init officers.json --city "Port Merrow" --keys ann.key.pub.json,bob.key.pub.json'],
  run: (asked) => {
    const [path = ''] = asked.words;
    const city = asked.flag('city');
    if (!city) throw new CommandFault(EXIT.usage, 'write officers: no city; give --city');
    return Promise.resolve(
      written(path, {
        kind: 'cityward-officers',
        version: 1,
        city,
        expires: expiresOf(asked),
        thresholds: thresholdsOf(asked, THRESHOLDS),
        keys: keysOf(asked),
      }),
    );
  },
};

const NEXT_FLAGS = [{ name: 'out', value: 'FILE', help: 'where the next version goes' }, ...LASTING];

const addCommand: Command = {
  verb: 'officers add',
  words: ['FILE'],
  help: 'Write the next version with more keys. It counts when enough officers of this version and of the next have signed it.',
  flags: [{ name: 'keys', value: 'FILE,…', help: 'public keys to add' }, ...NEXT_FLAGS],
  examples: ['officers add officers.json --keys eve.key.pub.json --out officers-2.json'],
  run: (asked) => Promise.resolve(next(asked, (keys) => [...keys, ...keysOf(asked)])),
};

const removeCommand: Command = {
  verb: 'officers remove',
  words: ['FILE'],
  help: 'Write the next version without an officer, or without one key.',
  flags: [
    { name: 'officer', value: 'ID', help: 'all keys of this officer' },
    { name: 'id', value: 'ID', help: 'this one key' },
    ...NEXT_FLAGS,
  ],
  examples: ['officers remove officers-2.json --officer bob-roe --out officers-3.json'],
  run: (asked) => {
    const [officer, id] = [asked.flag('officer'), asked.flag('id')];
    return Promise.resolve(
      next(asked, (keys) => {
        const left = keys.filter((key) => key.officer !== officer && key.id !== id);
        if (left.length < keys.length) return left;
        throw new CommandFault(
          EXIT.refused,
          `remove "${officer ?? id ?? ''}": the document has no such officer or key`,
        );
      }),
    );
  },
};

function next(asked: Asked, change: (keys: readonly OfficerKey[]) => OfficerKey[]): Said {
  const [path = ''] = asked.words;
  const out = asked.flag('out');
  if (!out) throw new CommandFault(EXIT.usage, 'write officers: no place; give --out');
  const { officers } = documentOf(path);
  return written(out, {
    ...officers,
    version: officers.version + 1,
    expires: expiresOf(asked),
    thresholds: thresholdsOf(asked, officers.thresholds),
    keys: change(officers.keys),
  });
}

function written(path: string, officers: Officers): Said {
  const words = officersInWords(officersBytes(officers));
  const sound = words ? checkOfficers(officers) : null;
  if (!words || !sound)
    throw new CommandFault(EXIT.refused, 'write officers: a name, key or number is not of the wanted form');
  if (!sound.ok) throw new CommandFault(EXIT.refused, sound.error.message);
  writeJson(path, { officers, signatures: [] });
  const text = [...words, `Written to ${path}. Now: npx cityward sign ${path} --key YOUR.key`].join('\n');
  return { data: { file: path, hash: officersHash(officers), officers }, text };
}

function expiresOf({ flag }: Asked): number {
  const days = Number(flag('days') ?? DAYS_DEFAULT);
  if (!Number.isInteger(days) || days < 1)
    throw new CommandFault(EXIT.usage, `read --days: "${flag('days')}" is no number of days`);
  return Date.now() + days * DAY_MS;
}

function thresholdsOf({ flag }: Asked, before: Thresholds): Thresholds {
  const thresholds: Record<string, number> = { ...before };
  for (const part of (flag('thresholds') ?? '').split(',').filter((one) => one !== '')) {
    const [act = '', count = ''] = part.split('=');
    if (!Object.hasOwn(before, act) || !/^[1-9][0-9]?$/.test(count))
      throw new CommandFault(EXIT.usage, `read --thresholds: "${part}" is no ACT=N`);
    thresholds[act] = Number(count);
  }
  return thresholds as Thresholds;
}

function keysOf({ flag }: Asked): OfficerKey[] {
  const files = (flag('keys') ?? '').split(',').filter((one) => one !== '');
  if (files.length === 0) throw new CommandFault(EXIT.usage, 'write officers: no keys; give --keys');
  return files.map((file) => {
    const key: unknown = readJson(file);
    if (isOfficerKey(key)) return key;
    const wanted = 'what "officers key" wrote to share, or what the console made of a passkey';
    throw new CommandFault(EXIT.refused, `read "${file}": it is no officer's public key; wanted ${wanted}`);
  });
}

export function documentOf(path: string): SignedOfficers {
  const document = readJson(path) as unknown as SignedOfficers;
  let words = null;
  try {
    words = officersInWords(officersBytes(document.officers));
  } catch {
    // Said below.
  }
  if (words && Array.isArray(document.signatures)) return document;
  throw new CommandFault(EXIT.refused, `read "${path}": it is no officers document`);
}

const showCommand: Command = {
  verb: 'officers show',
  words: ['FILE'],
  help: 'Show an officers document and whether enough officers have signed it. Works without a city.',
  flags: [{ name: 'after', value: 'FILE', help: 'the version before, which you trust; needed from version 2 on' }],
  examples: ['officers show officers.json', 'officers show officers-2.json --after officers.json'],
  run: ({ words, flag }) => {
    const [path = ''] = words;
    const document = documentOf(path);
    const after = flag('after');
    const now = Date.now();
    const judged = after
      ? verifyOfficers(documentOf(after).officers, document, now)
      : verifyFirstOfficers(document, now);
    const verdict = judged.ok
      ? after
        ? 'VALID: it follows the version that you gave.'
        : 'VALID as a first document. Compare its hash by another way before you pin it.'
      : `NOT VALID: ${judged.error.message}`;
    const text = [...(officersInWords(officersBytes(document.officers)) ?? []), verdict].join('\n');
    const data = { valid: judged.ok, hash: officersHash(document.officers), reason: judged.ok ? null : judged.error };
    return Promise.resolve({ data, text, exit: judged.ok ? EXIT.done : EXIT.notVerified });
  },
};

const sendCommand = (api: Api): Command => ({
  verb: 'officers send',
  words: ['FILE'],
  help: 'Hand a signed officers document in to the city. It takes only the first, or a validly signed next one.',
  flags: [],
  examples: ['officers send officers-2.json'],
  run: async ({ words, client }) => {
    const answer = await client.call(api.addOfficers, { body: documentOf(words[0] ?? '') });
    return { data: answer, text: `The city has officers version ${answer.version}, hash ${answer.hash}` };
  },
});

const fetchCommand = (api: Api): Command => ({
  verb: 'officers fetch',
  words: ['FILE'],
  help: "Write the city's newest officers document to a file. Compare its hash with what you know.",
  flags: [],
  examples: ['officers fetch officers.json'],
  run: async ({ words, client }) => {
    const { versions } = await client.call(api.listOfficers, {});
    const last = versions.at(-1);
    if (!last)
      throw new CommandFault(EXIT.refused, 'fetch officers: this city has none yet; begin with "officers init"');
    const file = writeJson(words[0] ?? '', last.signed);
    return {
      data: { file, version: last.version, hash: last.hash },
      text: `Version ${last.version}, hash ${last.hash}: ${file}`,
    };
  },
});
