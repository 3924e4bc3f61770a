/** Verbs for how devices are wanted to be configured: by class, site and device; who drifts, and the change that mends it. */
import type { Api, ChangeDraft, DesiredPart, DeviceDesired, Drift } from '@cityward/contracts';
import { DESIRED_SCOPES } from '@cityward/contracts';
import { plainText } from '@cityward/fleet/verify';
import type { Client } from './client.ts';
import type { Asked, Command } from './command.ts';
import { CommandFault, EXIT } from './exit-codes.ts';
import { planText } from './job.ts';
import { readJson } from './sign.ts';
import { oneOf } from './wanted.ts';

const HASH_SHOWN_CHARS = 12;
const DIFFERENCES_SHOWN_MAX = 50;
const REASON = { name: 'reason', value: 'TEXT', help: 'why; goes into the evidence' } as const;

export const configCommands = (api: Api): readonly Command[] => [
  listCommand(api),
  setCommand(api),
  clearCommand(api),
  deviceCommand(api),
  driftCommand(api),
  mendCommand(api),
];

const short = (hash: string): string => hash.slice(0, HASH_SHOWN_CHARS);

const listCommand = (api: Api): Command => ({
  verb: 'config list',
  words: [],
  help: 'What is wanted of classes, sites and devices; the most special wins, value by value.',
  flags: [],
  examples: ['config list'],
  run: async ({ client }) => {
    const { parts } = await client.call(api.listDesired, {});
    const lines = parts.map(
      ({ scope, key, by, document }) => `${scope} ${key}  by ${by}: ${plainText(JSON.stringify(document))}`,
    );
    return { data: parts, text: lines.join('\n') || 'Nothing is wanted of any device yet.' };
  },
});

const setCommand = (api: Api): Command => ({
  verb: 'config set',
  words: ['SCOPE', 'KEY', 'FILE'],
  help: 'Say how a class, site or device is to be configured: the file is a JSON object. No device changes by it; "config drift" shows who differs.',
  flags: [REASON],
  examples: [
    'config set class camera cameras.json --reason "Baseline of spring"',
    'config set device cam-0042 one.json --reason Lens',
  ],
  run: async (asked) => {
    const part = await put(api, asked, readJson(asked.words[2] ?? ''));
    return { data: part, text: `Wanted of ${part.scope} ${part.key}. "config drift" shows who differs.` };
  },
});

const clearCommand = (api: Api): Command => ({
  verb: 'config clear',
  words: ['SCOPE', 'KEY'],
  help: 'Want nothing special of a class, site or device any more.',
  flags: [REASON],
  examples: ['config clear site site-quay --reason "Moved to its class"'],
  run: async (asked) => {
    const part = await put(api, asked, {});
    return { data: part, text: `Nothing special is wanted of ${part.scope} ${part.key} any more.` };
  },
});

function put(api: Api, { words, flag, client }: Asked, document: DesiredPart['document']): Promise<DesiredPart> {
  const [given = '', key = ''] = words;
  const fault = `configure "${plainText(given)}": ${DESIRED_SCOPES.join(', ')} is wanted`;
  const scope = oneOf(DESIRED_SCOPES, given, fault);
  const reason = flag('reason');
  if (reason === undefined)
    throw new CommandFault(EXIT.usage, `configure ${scope} "${key}": say why with --reason "…"`);
  return client.call(api.setDesired, { params: { scope, key }, body: { document, reason } });
}

const deviceCommand = (api: Api): Command => ({
  verb: 'config device',
  words: ['ID'],
  help: 'What is wanted of one device, where each value comes from, and what it runs instead. Exit code 1 when it drifts.',
  flags: [],
  examples: ['config device cam-0042'],
  run: async ({ words, client }) => {
    const desired = await client.call(api.getDesired, { params: { id: words[0] ?? '' } });
    return { data: desired, text: deviceText(desired), exit: desired.drift === 'drifted' ? EXIT.refused : EXIT.done };
  },
});

const DRIFT_WORDS: Readonly<Record<DeviceDesired['drift'], string>> = {
  none: 'is configured as wanted',
  drifted: 'is not configured as wanted',
  'not-said': 'has not said how it is configured',
  'not-wanted': 'may be configured as it likes',
};

export function deviceText({ device, drift, origins, difference }: DeviceDesired): string {
  const differs = difference.slice(0, DIFFERENCES_SHOWN_MAX).map(({ path, is, wanted }) => {
    return `  ${plainText(path)}: ${plainText(JSON.stringify(is))}, wanted ${plainText(JSON.stringify(wanted))}`;
  });
  const more = difference.length - differs.length;
  return [
    `${device} ${DRIFT_WORDS[drift]}`,
    ...differs,
    ...(more > 0 ? [`  and ${more} more`] : []),
    ...origins.map(({ path, scope, key }) => `  ${plainText(path)} is wanted by ${scope} ${key}`),
  ].join('\n');
}

const driftCommand = (api: Api): Command => ({
  verb: 'config drift',
  words: [],
  help: 'Devices that are not configured as wanted, by what is wanted of them. Exit code 1 when there are any.',
  flags: [],
  examples: ['config drift'],
  run: async ({ client }) => {
    const drift = await client.call(api.listDrift, {});
    return { data: drift, text: driftText(drift), exit: drift.groups.length > 0 ? EXIT.refused : EXIT.done };
  },
});

export const driftText = ({ groups }: Drift): string =>
  groups
    .map(({ document, devices, sample }) => {
      const more = devices > sample.length ? ', …' : '';
      return `${short(document)}  ${devices} ${devices === 1 ? 'device' : 'devices'}: ${sample.join(', ')}${more}`;
    })
    .join('\n') || 'Every device that says how it is configured is so as wanted.';

const mendCommand = (api: Api): Command => ({
  verb: 'config mend',
  words: ['DOCUMENT'],
  help: 'Plan the change that mends everybody who drifts from this document; it is signed and started like any other.',
  flags: [{ name: 'dry-run', help: 'say what it would do; nothing is kept' }],
  examples: ['config mend 3f9a0c1b22de --dry-run', 'config mend 3f9a0c1b22de'],
  run: async ({ words, has, client }) => {
    const body = await draftFor(api, client, words[0] ?? '');
    if (has('dry-run')) {
      const plan = await client.call(api.planChange, { body });
      return { data: plan, text: planText(plan) };
    }
    const { changes } = await client.call(api.addChange, { body });
    const lines = changes.map((one) => `${one.id}  ${plainText(one.title)}: ${one.signed.needed} signatures wanted`);
    return { data: changes, text: lines.join('\n') };
  },
});

/** By the beginning of its hash, as `config drift` shows it. */
async function draftFor(api: Api, client: Client, hash: string): Promise<ChangeDraft> {
  const { groups } = await client.call(api.listDrift, {});
  const found = groups.filter(({ document }) => hash !== '' && document.startsWith(hash));
  if (found.length === 1) return found[0]!.draft;
  throw new CommandFault(
    EXIT.refused,
    `mend "${plainText(hash)}": ${found.length} documents that devices drift from begin so, wanted one; "config drift" lists them`,
  );
}
