/** Verbs that read, show, except and mend how devices are set up, and renew their keys. */
import { setTimeout as wait } from 'node:timers/promises';
import {
  BASELINE_TIERS,
  DEVICE_CLASSES,
  EXCEPTION_SCOPES,
  ROTATED,
  ROTATION_PAGE_MAX,
  type Api,
  type BaselineFix,
  type BaselineScan,
  type BaselineSelection,
  type BaselineSummary,
  type Change,
  type DeviceBaseline,
  type Rotation,
} from '@cityward/contracts';
import { plainText } from '@cityward/fleet/verify';
import type { Asked, Command } from './command.ts';
import { day } from './days.ts';
import { CommandFault, EXIT } from './exit-codes.ts';

const WATCH_EVERY_MS = 1_000;
const DAY_MS = 86_400_000;
const WORST_SHOWN = 10;
const KEYS_DEFAULT = 200;

const MEANT = [
  { name: 'class', value: 'CLASS', help: 'devices of this class' },
  { name: 'site', value: 'SITE', help: 'devices of this site' },
  { name: 'device', value: 'ID', help: 'this device' },
] as const;

export function baselineCommands(api: Api): readonly Command[] {
  return [
    scanCommand(api),
    showCommand(api),
    fixCommand(api),
    exceptCommand(api),
    exceptionsCommand(api),
    rotateCommand(api),
    rotationCommand(api),
  ];
}

/** One of a closed list, or a fault that names them. */
function oneOf<const Words extends readonly string[]>(words: Words, given: string, what: string): Words[number] {
  if (!words.includes(given))
    throw new CommandFault(EXIT.usage, `${what} "${given}": wanted one of ${words.join(', ')}`);
  return given;
}

function selectionOf({ flag }: Asked): BaselineSelection {
  const [kind, site, device] = [flag('class'), flag('site'), flag('device')];
  return {
    classes: kind === undefined ? [] : [oneOf(DEVICE_CLASSES, kind, 'class')],
    sites: site === undefined ? [] : [site],
    devices: device === undefined ? [] : [device],
  };
}

const scanCommand = (api: Api): Command => ({
  verb: 'baseline scan',
  words: [],
  help: 'Ask devices, or the gateways of their sites, how they are set up; nothing is changed. Waits for the answers.',
  flags: [...MEANT, { name: 'no-wait', help: 'do not wait for the answers' }],
  examples: ['baseline scan', 'baseline scan --class camera', 'baseline scan --device cam-0001 --json'],
  run: async (asked) => {
    let scan = await asked.client.call(api.startBaselineScan, { body: selectionOf(asked) });
    while (scan.ended === null && !asked.has('no-wait')) {
      await wait(WATCH_EVERY_MS);
      scan = await asked.client.call(api.getBaselineScan, { params: { id: scan.id } });
    }
    return {
      data: scan,
      text: scanText(scan),
      exit: scan.ended !== null && scan.answered === 0 ? EXIT.refused : EXIT.done,
    };
  },
});

export const scanText = ({ id, devices, answered, silent, unreachable, ended }: BaselineScan): string =>
  `${id}: ${answered} of ${devices} devices read, ${silent} silent, ${unreachable} with nobody there to read them${ended === null ? '; it goes on' : ''}`;

const showCommand = (api: Api): Command => ({
  verb: 'baseline show',
  words: ['DEVICE?'],
  help: 'Scores by kind of device and tier, and the worst controls; or every control of one device.',
  flags: [],
  examples: ['baseline show', 'baseline show cam-0001'],
  run: async ({ words, client }) => {
    const [id] = words;
    if (id === undefined) {
      const summary = await client.call(api.getBaseline, {});
      return { data: summary, text: summaryText(summary) };
    }
    const device = await client.call(api.getDeviceBaseline, { params: { id } });
    return { data: device, text: deviceText(device) };
  },
});

const percent = (score: number | null): string => (score === null ? '-' : `${score} %`);

export function summaryText({ sets, exceptions }: BaselineSummary): string {
  const lines = sets.flatMap(({ title, devices, unread, tiers, controls }) => [
    `${title}: ${devices} devices, ${unread} not read`,
    ...tiers.map(
      (one) =>
        `  ${one.tier.padEnd(9)} ${percent(one.score).padStart(5)}  ${one.met} met, ${one.metButExcepted} met with exceptions, ${one.notMet} not met, ${one.unknown} not known`,
    ),
    ...controls
      .filter(({ failed }) => failed > 0)
      .slice(0, WORST_SHOWN)
      .map(({ id, title: what, failed }) => `    ${String(failed).padStart(6)} fail  ${id}: ${what}`),
  ]);
  return [...lines, `${exceptions} exceptions in force`].join('\n');
}

export function deviceText({ device, read, tiers, controls }: DeviceBaseline): string {
  const when = read
    ? `read ${new Date(read.at).toISOString()} by ${read.by}${read.stale ? ', too long ago' : ''}`
    : 'never read';
  return [
    `${device}: ${when}`,
    ...tiers.map(({ tier, score, state }) => `  ${tier.padEnd(9)} ${percent(score).padStart(5)}  ${state}`),
    ...controls
      .filter(({ state, rated }) => rated && (state === 'failed' || state === 'unknown'))
      .map(({ control, state, words, wanted, exception }) => {
        const more = wanted === null ? '' : `, wanted ${wanted}`;
        const by = exception ? `; excepted until ${day(exception.until)} by ${exception.owner}` : '';
        return `  ${state.padEnd(8)} ${control}: ${plainText(words)}${plainText(more)}${plainText(by)}`;
      }),
  ].join('\n');
}

const fixCommand = (api: Api): Command => ({
  verb: 'baseline fix',
  words: ['CONTROL?'],
  help: 'Plan the changes that mend what failed, to be signed like any other. Without a control: all that can be mended.',
  flags: [
    { name: 'dry-run', help: 'only show what would change on which device' },
    { name: 'tier', value: 'TIER', help: `only this tier: ${BASELINE_TIERS.join(', ')}` },
    ...MEANT,
  ],
  examples: ['baseline fix --dry-run', 'baseline fix axis-ssh-off --class camera', 'baseline fix --tier default'],
  run: async (asked) => {
    const tier = asked.flag('tier');
    const body = {
      selection: selectionOf(asked),
      controls: asked.words.slice(0, 1),
      tiers: tier === undefined ? [] : [oneOf(BASELINE_TIERS, tier, 'tier')],
    };
    if (asked.has('dry-run')) {
      const fix = await asked.client.call(api.previewBaselineFix, { body });
      return { data: fix, text: `${fixText(fix)}\nDry run: nothing was planned.` };
    }
    const { changes, fix } = await asked.client.call(api.addBaselineFix, { body });
    return { data: { changes, fix }, text: `${fixText(fix)}\n${plannedText(changes)}` };
  },
});

export function fixText({ groups, unmended, devices }: BaselineFix): string {
  return [
    `${devices} devices in ${groups.length} ${groups.length === 1 ? 'change' : 'changes'}`,
    ...groups.flatMap(({ draft, controls, sample, secondStep, devices: count }) => [
      `${plainText(draft.title)}${secondStep ? ' (could lock the city out: one device first, proved possible for each)' : ''}`,
      `  ${controls.join(', ')}`,
      ...sample.flatMap(({ device, differences }) =>
        differences.map(
          ({ name, is, wanted }) => `  ${device}  ${plainText(name)}: ${shown(is)} becomes ${shown(wanted)}`,
        ),
      ),
      ...(count > sample.length ? [`  … and ${count - sample.length} devices more`] : []),
    ]),
    ...(unmended.length > 0 ? ['Left as it is:'] : []),
    ...unmended.map(({ control, why, devices: count }) => `  ${count} × ${control}: ${plainText(why)}`),
  ].join('\n');
}
const shown = (value: unknown): string => (value === null ? 'nothing' : plainText(JSON.stringify(value)));

const plannedText = (changes: readonly Change[]): string =>
  [
    ...changes.map(
      (one) => `${one.id}  ${plainText(one.title)}: ${one.devices} devices, ${one.signed.needed} signatures wanted`,
    ),
    'Officers sign with "cityward sign" or in the console; then "cityward job apply ID --reason …" starts it.',
  ].join('\n');

const exceptCommand = (api: Api): Command => ({
  verb: 'baseline except',
  words: ['CONTROL', 'SCOPE', 'KEY'],
  help: `Except a control for a device, a site or a class (${EXCEPTION_SCOPES.join(', ')}): somebody answers for it, until a day.`,
  flags: [
    { name: 'owner', value: 'WHO', help: 'who answers for it' },
    { name: 'reason', value: 'TEXT', help: 'why; goes into the evidence' },
    { name: 'days', value: 'N', help: 'how long it is in force, at most 366 days' },
  ],
  examples: [
    'baseline except axis-sd-slot class camera --owner "Traffic control" --reason "Records to its card" --days 90',
  ],
  run: async ({ words, flag, client }) => {
    const [control = '', scope = '', key = ''] = words;
    const [owner, reason, days] = [flag('owner'), flag('reason'), Number(flag('days'))];
    if (owner === undefined || reason === undefined || !Number.isInteger(days) || days < 1)
      throw new CommandFault(
        EXIT.usage,
        'baseline except: --owner, --reason and --days are wanted, days from 1 to 366',
      );
    const until = Date.now() + days * DAY_MS - 1_000;
    const body = { control, scope: oneOf(EXCEPTION_SCOPES, scope, 'scope'), key, owner, reason, until };
    const made = await client.call(api.addBaselineException, { body });
    return {
      data: made,
      text: `${made.id}: ${control} is excepted for ${scope} ${key} until ${new Date(until).toISOString()}`,
    };
  },
});

const exceptionsCommand = (api: Api): Command => ({
  verb: 'baseline exceptions',
  words: ['END?'],
  help: 'Exceptions in force, the next to end first; with an id, ends that one now.',
  flags: [{ name: 'reason', value: 'TEXT', help: 'why it ends; wanted with an id' }],
  examples: ['baseline exceptions', 'baseline exceptions exc-7k2m9c0q4x1ab3d5 --reason "Mended"'],
  run: async ({ words, flag, client }) => {
    const [id] = words;
    if (id !== undefined) {
      const reason = flag('reason');
      if (reason === undefined) throw new CommandFault(EXIT.usage, 'baseline exceptions: say why with --reason "…"');
      const ended = await client.call(api.endBaselineException, { params: { id }, body: { reason } });
      return { data: ended, text: `${ended.id} has ended` };
    }
    const { exceptions } = await client.call(api.listBaselineExceptions, {});
    const lines = exceptions.map(
      (one) =>
        `${one.id}  until ${day(one.until)}  ${one.control} for ${one.scope} ${one.key}, ${one.devices} devices: ${plainText(one.owner)}, ${plainText(one.reason)}`,
    );
    return { data: exceptions, text: lines.join('\n') || 'No exceptions are in force.' };
  },
});

const rotateCommand = (api: Api): Command => ({
  verb: 'baseline rotate',
  words: ['WHAT'],
  help: `Plan a change that gives devices new keys (${ROTATED.join(' or ')}), to be signed like any other. Those that are due, or --all.`,
  flags: [...MEANT, { name: 'all', help: 'also those that are not due yet' }],
  examples: ['baseline rotate credentials --class camera', 'baseline rotate certificate --site site-0001 --all'],
  run: async (asked) => {
    const what = oneOf(ROTATED, asked.words[0] ?? '', 'rotate');
    const body = { what, selection: selectionOf(asked), dueOnly: !asked.has('all') };
    const { changes } = await asked.client.call(api.addRotation, { body });
    return { data: changes, text: plannedText(changes) };
  },
});

const rotationCommand = (api: Api): Command => ({
  verb: 'baseline keys',
  words: [],
  help: 'How old credentials and certificates are, and which are due.',
  flags: [
    { name: 'devices', help: 'name the devices too, those that are due first' },
    { name: 'limit', value: 'N', help: `at most so many devices (${KEYS_DEFAULT})` },
  ],
  examples: ['baseline keys', 'baseline keys --devices --limit 5000'],
  run: async ({ client, flag, has }) => {
    const wanted = Number(flag('limit') ?? KEYS_DEFAULT);
    if (!Number.isInteger(wanted) || wanted < 1)
      throw new CommandFault(EXIT.usage, `baseline keys: --limit "${flag('limit')}", wanted a number from 1`);
    const limit = Math.min(wanted, ROTATION_PAGE_MAX);
    const rotation = await client.call(api.getRotation, { query: { limit } });
    const devices = [...rotation.devices];
    let { next } = rotation;
    while (next !== null && devices.length < wanted) {
      const query = { after: next, limit: Math.min(limit, wanted - devices.length) };
      const page: Rotation = await client.call(api.getRotation, { query });
      devices.push(...page.devices);
      next = page.next;
    }
    const data = { ...rotation, devices, next };
    const named = has('devices') ? [keysText(data)] : [];
    return { data, text: [rotationText(data), ...named].join('\n') };
  },
});

const dayOf = (at: number | null): string => (at === null ? 'not known' : day(at));
const keysText = ({ devices, next }: Rotation): string =>
  [
    ...devices.map(
      ({ device, what, due, since }) =>
        `  ${device.padEnd(24)} ${what.padEnd(12)} due ${dayOf(due).padEnd(10)} renewed ${dayOf(since)}`,
    ),
    ...(next === null ? [] : ['  … and more: give a greater --limit']),
  ].join('\n');

export const rotationText = ({ rows }: Rotation): string =>
  rows
    .map(
      (one) =>
        `${one.class.padEnd(18)} ${one.what.padEnd(12)} ${one.devices} devices: ${one.overdue} overdue, ${one.soon} due in 30 days, ${one.unknown} of unknown age`,
    )
    .join('\n') || 'No device has keys that the city knows of.';
