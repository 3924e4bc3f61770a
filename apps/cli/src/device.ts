/** Verbs about devices: what they are, how they come in, what they must show, and how they go. */
import {
  DEVICE_CLASSES,
  DEVICE_STATES,
  GATE_CHECKS,
  type Api,
  type FirmwareTrack,
  type Gate,
  type GateCheckName,
} from '@cityward/contracts';
import { plainText } from '@cityward/fleet/verify';
import { trustLines } from './city.ts';
import type { Command } from './command.ts';
import { CommandFault, EXIT } from './exit-codes.ts';
import { REASON, wanted } from './device-flags.ts';
import { leavingCommands } from './device-leaving.ts';
import { handoverCommands } from './handover.ts';

const ROWS_DEFAULT = 50;
const DAY_MS = 86_400_000;

export function deviceCommands(api: Api): readonly Command[] {
  return [
    showCommand(api, 'device'),
    showCommand(api, 'device show'),
    listCommand(api),
    enrolCommand(api),
    gateCommand(api),
    exceptCommand(api),
    trackCommand(api),
    ...handoverCommands(api),
    ...leavingCommands(api),
  ];
}

const showCommand = (api: Api, verb: string): Command => ({
  verb,
  words: ['ID'],
  help: 'One device: state, reason, identity, how far it is trusted and why, what depends on it.',
  flags: [],
  examples: [`${verb} cam-0042`],
  run: async ({ words, client }) => {
    const params = { id: words[0] ?? '' };
    const [detail, identity, trust] = await Promise.all([
      client.call(api.getDevice, { params }),
      client.call(api.getIdentity, { params }),
      client.call(api.getDeviceTrust, { params }),
    ]);
    const { device } = detail;
    const lines = [
      `${device.name} (${device.id}), ${device.class}, ${device.ward?.name ?? 'ward not known'}`,
      `${device.state}: ${device.stateReason}`,
      `Identity: ${identity.state}${identity.spiffe ? `, ${identity.spiffe}` : ''}; ${identity.connected ? 'connected' : 'not connected'}`,
      ...trustLines(trust),
      ...detail.neighbours.map((one) => `  ${one.direction} ${one.name} (${one.edge})`),
    ];
    return { data: { ...detail, identityCard: identity, trust }, text: lines.join('\n') };
  },
});

const listCommand = (api: Api): Command => ({
  verb: 'device ls',
  words: [],
  help: 'Devices, filtered by text, class or state.',
  flags: [
    { name: 'text', value: 'TEXT', help: 'in name, street, serial or address' },
    { name: 'class', value: 'CLASS', help: 'such as camera' },
    { name: 'state', value: 'STATE', help: 'such as suspect' },
    { name: 'limit', value: 'N', help: `at most so many (${ROWS_DEFAULT})` },
  ],
  examples: ['device ls --class camera', 'device ls --text "Quay Street" --json'],
  run: async ({ flag, client }) => {
    const limit = Number(flag('limit') ?? ROWS_DEFAULT);
    if (!(limit > 0)) throw new CommandFault(EXIT.usage, `device ls: --limit "${flag('limit')}" is no number`);
    const given = {
      q: flag('text'),
      class: oneOf('class', flag('class'), DEVICE_CLASSES),
      state: oneOf('state', flag('state'), DEVICE_STATES),
    };
    const query = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    const page = await client.call(api.listDevices, { query: { ...query, limit } as never });
    const lines = page.rows.map(
      (row) => `${row.id.padEnd(16)} ${row.state.padEnd(11)} ${row.class.padEnd(17)} ${row.name}`,
    );
    const more = page.total > page.rows.length ? [`… and ${page.total - page.rows.length} more`] : [];
    return { data: page, text: [...lines, ...more].join('\n') || 'No devices.' };
  },
});

/** A misspelt word would find nothing, which reads like good news. */
function oneOf(name: string, given: string | undefined, known: readonly string[]): string | undefined {
  const strange = given?.split(',').find((one) => !known.includes(one));
  if (strange === undefined) return given;
  throw new CommandFault(EXIT.usage, `device ls: --${name} "${strange}" is not known; wanted ${known.join(', ')}`);
}

const enrolCommand = (api: Api): Command => ({
  verb: 'device enrol',
  words: ['ID'],
  help: 'A one-time code with which the device gets its certificate by EST. Shown once.',
  flags: [],
  examples: ['device enrol cam-0042'],
  run: async ({ words, client }) => {
    const code = await client.call(api.issueEnrolmentCode, { params: { id: words[0] ?? '' } });
    return {
      data: code,
      text: `Code for ${code.device}: ${code.code}\nEST: ${code.url}\nValid until ${new Date(code.expires).toISOString()}, once.`,
    };
  },
});

export function gateText(gate: Gate): string {
  const lines = gate.checks.flatMap(({ check, state, why, fix, exception }) => [
    `  ${(exception && state !== 'passed' ? 'let be' : state).padEnd(8)} ${check.padEnd(20)} ${plainText(why)}`,
    ...(fix === null ? [] : [`${' '.repeat(31)}→ ${plainText(fix)}`]),
    ...(exception
      ? [
          `${' '.repeat(31)}${plainText(exception.owner)} answers for it until ${new Date(exception.until).toISOString()}`,
        ]
      : []),
  ]);
  return [`${gate.device}: ${gate.state}. ${gate.words}`, ...lines].join('\n');
}

const gateCommand = (api: Api): Command => ({
  verb: 'device gate',
  words: ['ID'],
  help: 'What a device must show before it is handed over. Exit code 1 while a check is not green.',
  flags: [{ name: 'test', help: 'ask the gateway of its site to look anew, and wait for it' }],
  examples: ['device gate cam-0042', 'device gate cam-0042 --test'],
  run: async ({ words, has, client }) => {
    const params = { id: words[0] ?? '' };
    let gate = has('test') ? await client.call(api.testGate, { params }) : await client.call(api.getGate, { params });
    while (has('test') && gate.looking !== null) {
      await new Promise((resolve) => setTimeout(resolve, 500));
      gate = await client.call(api.getGate, { params });
    }
    const green = gate.state === 'ready' || gate.state === 'handed-over';
    return { data: gate, text: gateText(gate), exit: green ? EXIT.done : EXIT.refused };
  },
});

const exceptCommand = (api: Api): Command => ({
  verb: 'device except',
  words: ['ID', 'CHECK'],
  help: `Let a check be, for a time, with somebody who answers for it. Checks: ${GATE_CHECKS.join(', ')}.`,
  flags: [
    { name: 'owner', value: 'NAME', help: 'who answers for it' },
    { name: 'days', value: 'N', help: 'for so many days' },
    { name: 'withdraw', help: 'take the exception back' },
    REASON,
  ],
  examples: ['device except cam-0042 baseline --owner "Ann Lee" --days 30 --reason "Controls are being written"'],
  run: async (asked) => {
    const [id = '', check = ''] = asked.words;
    const params = { id, check: check as GateCheckName };
    const reason = wanted(asked, 'reason', 'device except');
    if (asked.has('withdraw')) {
      const gate = await asked.client.call(api.withdrawGateException, { params, body: { reason } });
      return { data: gate, text: gateText(gate) };
    }
    const days = Number(wanted(asked, 'days', 'device except'));
    if (!(days > 0)) throw new CommandFault(EXIT.usage, 'device except: a number of days is wanted');
    const body = {
      owner: wanted(asked, 'owner', 'device except'),
      until: Math.floor(Date.now() + days * DAY_MS),
      reason,
    };
    const gate = await asked.client.call(api.exceptGateCheck, { params, body });
    return { data: gate, text: gateText(gate) };
  },
});

const trackCommand = (api: Api): Command => ({
  verb: 'device track',
  words: ['CLASS?', 'MODEL?'],
  help: 'Which firmware is wanted, by class and model; "*" for every model. Without words it lists them.',
  flags: [
    { name: 'least', value: 'VERSION', help: 'oldest version that is good enough' },
    { name: 'track', value: 'PREFIX', help: 'versions begin with this' },
    REASON,
  ],
  examples: ['device track', 'device track camera "*" --least 11.8.2 --track 11. --reason "Supported until 2027"'],
  run: async (asked) => {
    const [kind, model = '*'] = asked.words;
    if (kind === undefined) {
      const { tracks } = await asked.client.call(api.listTracks, {});
      return { data: tracks, text: tracks.map(trackText).join('\n') || 'No firmware is named yet.' };
    }
    const body = {
      model,
      least: wanted(asked, 'least', 'device track'),
      track: asked.flag('track') ?? null,
      reason: wanted(asked, 'reason', 'device track'),
    };
    const track = await asked.client.call(api.setTrack, { params: { class: kind as FirmwareTrack['class'] }, body });
    return { data: track, text: trackText(track) };
  },
});

const trackText = ({ class: kind, model, least, track }: FirmwareTrack): string =>
  `${kind.padEnd(17)} ${plainText(model).padEnd(24)} at least ${plainText(least)}${track === null ? '' : `, of the track ${plainText(track)}`}`;
