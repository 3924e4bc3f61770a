/** Verbs that plan and steer changes of devices; `cityward sign` signs their jobs on another machine. */
import { setTimeout as wait } from 'node:timers/promises';
import type { Api, Change, ChangeDraft, ChangePlan } from '@cityward/contracts';
import { plainText } from '@cityward/fleet/verify';
import { readText } from './city.ts';
import type { Client } from './client.ts';
import type { Asked, Command, Said } from './command.ts';
import { CommandFault, EXIT } from './exit-codes.ts';
import { signingCommands } from './job-signing.ts';

const WATCH_EVERY_MS = 2_000;
const DAYS_DEFAULT = 7;
const DAY_MS = 86_400_000;
const OVER: readonly Change['state'][] = ['finished', 'rolled-back', 'stopped', 'paused'];

/** What the file may leave out; `install` and `revertTo` name an artifact of the city as `name@version`. */
type DraftFile = Partial<Omit<ChangeDraft, 'selection' | 'title'>> & {
  readonly title: string;
  readonly selection?: Partial<ChangeDraft['selection']>;
  readonly install?: string;
  readonly revertTo?: string;
};

export function jobCommands(api: Api): readonly Command[] {
  return [
    planCommand(api),
    ...signingCommands(api),
    applyCommand(api),
    watchCommand(api),
    steerCommand({
      verb: 'job pause',
      endpoint: api.pauseChange,
      help: 'Order no further devices; those under way go on.',
    }),
    steerCommand({ verb: 'job resume', endpoint: api.resumeChange, help: 'Go on, overlooking the failures so far.' }),
    steerCommand({ verb: 'job stop', endpoint: api.stopChange, help: 'Stop, and take back what no device has begun.' }),
    steerCommand({
      verb: 'job rollback',
      endpoint: api.rollBackChange,
      help: 'Send every device back that has changed or may have. Its job names the way back.',
    }),
    listCommand(api),
  ];
}

const FILE_HELP =
  'The file is JSON: title, install ("name@version") or action, revertTo, selection, options, tracks, notBefore, notAfter';

const planCommand = (api: Api): Command => ({
  verb: 'job plan',
  words: ['FILE'],
  help: `Say what a change would do; nothing is kept. ${FILE_HELP}.`,
  flags: [],
  examples: ['job plan cameras.json'],
  run: async ({ words, client }) => {
    const plan = await client.call(api.planChange, { body: await draftFrom(api, client, words[0] ?? '') });
    return { data: plan, text: planText(plan) };
  },
});

const applyCommand = (api: Api): Command => ({
  verb: 'job apply',
  words: ['FILE-OR-ID'],
  help: `Plan a change to be signed, or start one that is signed. ${FILE_HELP}.`,
  flags: [{ name: 'reason', value: 'TEXT', help: 'why it starts; wanted with an id' }],
  examples: ['job apply cameras.json', 'job apply chg-7k2m9c0q4x1ab3d5 --reason "Tonight\'s window"'],
  run: async (asked) => {
    const [word = ''] = asked.words;
    if (/^chg-[a-z0-9]+$/.test(word)) {
      const body = { reason: reasonOf(asked, 'job apply') };
      const change = await asked.client.call(api.startChange, { params: { id: word }, body });
      return { data: change, text: changeText(change) };
    }
    const { changes } = await asked.client.call(api.addChange, { body: await draftFrom(api, asked.client, word) });
    const lines = changes.map(
      (one) => `${one.id}  ${one.title}: ${one.devices} devices, ${one.signed.needed} signatures wanted`,
    );
    const next =
      'Officers fetch it with "cityward job fetch" and sign, or sign in the console; "cityward job apply ID --reason …" starts it.';
    return { data: changes, text: [...lines, next].join('\n') };
  },
});

const watchCommand = (api: Api): Command => ({
  verb: 'job watch',
  words: ['ID'],
  help: 'Follow a change wave by wave, until it ends or waits for a person; with --json a line for each step. Exit code 1 when it did not finish.',
  flags: [{ name: 'once', help: 'only now' }],
  examples: ['job watch chg-7k2m9c0q4x1ab3d5', 'job watch chg-7k2m9c0q4x1ab3d5 --once --json'],
  run: async ({ words, has, client }) => {
    const params = { id: words[0] ?? '' };
    let before = '';
    for (;;) {
      const { change } = await client.call(api.getChange, { params });
      const text = changeText(change);
      const over = OVER.includes(change.state);
      if (over || has('once'))
        return { data: change, text, exit: over && change.state !== 'finished' ? EXIT.refused : EXIT.done };
      if (text !== before) process.stdout.write(has('json') ? `${JSON.stringify(change)}\n` : `${text}\n\n`);
      before = text;
      await wait(WATCH_EVERY_MS);
    }
  },
});

interface Steering {
  readonly verb: string;
  readonly endpoint: Api['pauseChange'] | Api['resumeChange'] | Api['stopChange'] | Api['rollBackChange'];
  readonly help: string;
}
const steerCommand = ({ verb, endpoint, help }: Steering): Command => ({
  verb,
  words: ['ID'],
  help,
  flags: [{ name: 'reason', value: 'TEXT', help: 'why; goes into the evidence' }],
  examples: [`${verb} chg-7k2m9c0q4x1ab3d5 --reason "Cameras lose focus"`],
  run: async (asked): Promise<Said> => {
    const body = { reason: reasonOf(asked, verb) };
    const change = await asked.client.call(endpoint as Api['pauseChange'], {
      params: { id: asked.words[0] ?? '' },
      body,
    });
    return { data: change, text: changeText(change) };
  },
});

const listCommand = (api: Api): Command => ({
  verb: 'job list',
  words: [],
  help: 'Changes of devices, newest first.',
  flags: [],
  examples: ['job list'],
  run: async ({ client }) => {
    const { changes } = await client.call(api.listChanges, {});
    const lines = changes.map(
      (one) => `${one.id}  ${one.state.padEnd(12)} ${plainText(one.title)}: ${one.devices} devices`,
    );
    return { data: changes, text: lines.join('\n') || 'No changes yet.' };
  },
});

function reasonOf({ flag }: Asked, verb: string): string {
  const reason = flag('reason');
  if (reason === undefined) throw new CommandFault(EXIT.usage, `${verb}: say why with --reason "…"`);
  return reason;
}

/** Reads a draft and fills in what it leaves out; what is wrong with it the city says. */
async function draftFrom(api: Api, client: Client, path: string): Promise<ChangeDraft> {
  let file: DraftFile;
  try {
    file = JSON.parse(readText(path)) as DraftFile;
  } catch (error) {
    if (error instanceof CommandFault) throw error;
    throw new CommandFault(EXIT.refused, `read "${path}": it is no JSON: ${(error as Error).message}`);
  }
  const { install, revertTo, selection, ...given } = file;
  const notBefore = given.notBefore ?? Date.now();
  const notAfter = given.notAfter ?? notBefore + DAYS_DEFAULT * DAY_MS;
  const action = install
    ? { do: 'install' as const, artifact: await artifactNamed(api, client, install) }
    : given.action;
  if (!action) throw new CommandFault(EXIT.refused, `read "${path}": "install" or "action" is wanted`);
  const revert = revertTo
    ? { to: await artifactNamed(api, client, revertTo), until: notAfter + DAYS_DEFAULT * DAY_MS }
    : (given.revert ?? null);
  const any = { classes: [], models: [], wards: [], sites: [], running: [], devices: [] };
  return {
    options: {},
    tracks: [],
    ...given,
    selection: { ...any, ...selection },
    action,
    revert,
    notBefore,
    notAfter,
  };
}

async function artifactNamed(
  api: Api,
  client: Client,
  wanted: string,
): Promise<{ name: string; version: string; sha256: string; size: number }> {
  const { artifacts } = await client.call(api.listArtifacts, {});
  const found = artifacts.find(({ name, version }) => `${name}@${version}` === wanted);
  if (!found)
    throw new CommandFault(EXIT.refused, `find artifact "${wanted}": the city has none; "artifact list" shows them`);
  const { name, version, sha256, size } = found;
  return { name, version, sha256, size };
}

export function planText(plan: ChangePlan): string {
  const many = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : [title, ...lines.map((line) => `  ${line}`)];
  return [
    `${plan.title}: ${plan.sentence}; not before ${new Date(plan.opens).toISOString()}`,
    ...many(
      'Difference:',
      plan.difference.map(({ from, to, devices }) => `${devices} from ${from ?? 'not known'}${to ? ` to ${to}` : ''}`),
    ),
    ...many(
      'Waves:',
      plan.waves.map(({ name, devices }) => `${name}: ${devices}`),
    ),
    ...(plan.steps.length > 1
      ? many(
          'Steps, one job each:',
          plan.steps.map(({ to, devices }) => `${to}: ${devices}`),
        )
      : []),
    ...many(
      'Touches:',
      plan.touches.map(
        (one) => `${one.what} ${one.name}: ${one.devices} of ${one.of}, at most ${one.atOnce} at one time`,
      ),
    ),
    ...many(
      'Left out:',
      plan.excluded.map(({ words, devices, sample }) => `${devices}: ${words} (${sample.slice(0, 3).join(', ')})`),
    ),
  ].join('\n');
}

export function changeText(change: Change): string {
  const waves = change.waves.map(({ name, devices, counts, state }) => {
    const moving = counts.ordered + counts.downloading + counts.installing + counts.restarting + counts.unverified;
    const more = [
      [counts.offline, 'offline'],
      [counts.skipped, 'skipped'],
      [counts.reverting, 'going back'],
      [counts.reverted, 'back'],
    ] as const;
    const rest = more.flatMap(([count, word]) => (count > 0 ? [`, ${count} ${word}`] : [])).join('');
    return `  ${name.padEnd(7)} ${state.padEnd(8)} ${counts.done} of ${devices} done, ${counts.failed} failed, ${moving} under way${rest}`;
  });
  return [`${change.id} ${plainText(change.title)}: ${change.state}. ${plainText(change.words)}`, ...waves].join('\n');
}
