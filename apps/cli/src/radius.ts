/** Verbs about the city's own networks: a RADIUS server's configuration, VLANs, and who is on which port. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { COA_PORT, type AccessSwitch, type Api, type PortSession, type VlanPlan } from '@cityward/contracts';
import type { Client } from './client.ts';
import type { Asked, Command } from './command.ts';
import { day } from './days.ts';
import { CommandFault, EXIT } from './exit-codes.ts';
import { raddbFiles } from './raddb.ts';

const AUTH_PORT = 1_812;
const ACCOUNTING_PORT = 1_813;
const OWNER_FILE = 0o600;
const OWNER_FOLDER = 0o700;

export const radiusCommands = (api: Api): readonly Command[] => [
  configCommand(api),
  vlansCommand(api),
  portsCommand(api),
];

const usage = (message: string): CommandFault => new CommandFault(EXIT.usage, message);

/** `east=192.0.2.10`, with the port for CoA after a `/` where it is not 3799. */
export function readSwitch(text: string): AccessSwitch {
  const [, name, address, port] = /^([a-z0-9-]+)=([0-9A-Fa-f.:]+)(?:\/(\d+))?$/.exec(text) ?? [];
  if (name === undefined || address === undefined)
    throw usage(`read switch "${text}": NAME=ADDRESS is wanted, with /PORT for CoA where it is not ${COA_PORT}`);
  return { name, address, coaPort: port === undefined ? COA_PORT : Number(port) };
}

function portIn({ flag }: Asked, name: string, fallback: number): number {
  const given = flag(name);
  const port = given === undefined ? fallback : Number(given);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw usage(`read --${name} "${given}": a port from 1 to 65535 is wanted`);
  return port;
}

async function partyOf(api: Api, client: Client, given: string | undefined): Promise<string> {
  if (given !== undefined) return given;
  const { parties } = await client.call(api.listParties, {});
  const city = parties.find(({ kind }) => kind === 'city');
  if (!city) throw usage('set up RADIUS: --party is wanted, since no party is the city itself');
  return city.id;
}

const configCommand = (api: Api): Command => ({
  verb: 'radius config',
  words: [],
  help: 'Write a configuration folder for FreeRADIUS with fresh certificates. Run it again before they end; switches that are known keep their secrets.',
  flags: [
    { name: 'out', value: 'FOLDER', help: 'where to write it' },
    { name: 'switch', value: 'NAME=ADDRESS,…', help: 'switches that may ask; /PORT after one for CoA (3799)' },
    { name: 'names', value: 'NAME,…', help: 'names of the RADIUS server that devices check (radius)' },
    { name: 'party', value: 'ID', help: 'who answers for it (the city)' },
    { name: 'listen', value: 'ADDRESS', help: 'where FreeRADIUS listens (127.0.0.1)' },
    { name: 'auth-port', value: 'PORT', help: `for authentication (${AUTH_PORT})` },
    { name: 'acct-port', value: 'PORT', help: `for accounting (${ACCOUNTING_PORT})` },
    { name: 'rotate', help: 'new secrets for all switches' },
  ],
  examples: [
    'radius config --out /etc/freeradius/cityward --switch east=192.0.2.10,west=192.0.2.11',
    'radius config --out ./raddb --switch here=127.0.0.1/13799 --auth-port 11812 --acct-port 11813',
  ],
  run: async (asked) => {
    const { client, flag, has } = asked;
    const [out, switches] = [flag('out'), flag('switch')];
    if (out === undefined || switches === undefined) throw usage('radius config: --out and --switch are wanted');
    const folder = resolve(out);
    // It stands between quotes in the configuration.
    if (!/^[\w./ -]+$/.test(folder))
      throw usage(`write to "${folder}": a folder of letters, digits and . _ - is wanted`);
    const ports = {
      authPort: portIn(asked, 'auth-port', AUTH_PORT),
      accountingPort: portIn(asked, 'acct-port', ACCOUNTING_PORT),
    };
    const set = await client.call(api.setUpRadius, {
      body: {
        party: await partyOf(api, client, flag('party')),
        names: (flag('names') ?? 'radius').split(','),
        switches: switches.split(',').map(readSwitch),
        rotate: has('rotate'),
      },
    });
    const files = raddbFiles(set, { folder, listen: flag('listen') ?? '127.0.0.1', ...ports });
    for (const { path, text } of files) writeOwn(join(folder, path), text);
    mkdirSync(join(folder, 'run'), { recursive: true, mode: OWNER_FOLDER });
    const ends = Math.min(set.server.notAfter, set.client.notAfter);
    const shown = { folder, switches: set.switches.map(({ secret: _secret, ...one }) => one), ends };
    const text = [
      `Written to ${folder}, readable by its owner only. Check it: freeradius -XC -d ${folder} -n radiusd`,
      `The shared secrets of ${set.switches.length} switches are in clients.conf; give each switch its own, and CoA with it.`,
      `Let each switch ask by MAC address where 802.1X fails: a device whose certificate ran out then gets the quarantine VLAN, from which it must reach the enrolment, and nothing else.`,
      `Run this again before ${day(ends)}, then start FreeRADIUS anew.`,
    ];
    return { data: shown, text: text.join('\n') };
  },
});

function writeOwn(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: OWNER_FOLDER });
  writeFileSync(path, text, { mode: OWNER_FILE });
  chmodSync(path, OWNER_FILE); // also where it was there before with another
}

const planText = ({ quarantine, classes }: VlanPlan): string =>
  [`${'quarantine'.padEnd(20)} ${quarantine}`, ...classes.map((one) => `${one.class.padEnd(20)} ${one.vlan}`)].join(
    '\n',
  );

/** `camera=120,quarantine=999` over what was; `camera=` takes its VLAN away, so that its devices are quarantined. */
export function changedPlan(plan: VlanPlan, text: string): VlanPlan {
  let { quarantine } = plan;
  const classes = new Map<string, number>(plan.classes.map((one) => [one.class, one.vlan]));
  for (const part of text.split(',')) {
    const [, name, digits] = /^([a-z-]+)=(\d*)$/.exec(part) ?? [];
    if (name === undefined) throw usage(`read "${part}": CLASS=VLAN is wanted`);
    if (name === 'quarantine') quarantine = Number(digits);
    else if (digits === '') classes.delete(name);
    else classes.set(name, Number(digits));
  }
  const list = [...classes].map(([name, vlan]) => ({ class: name, vlan }));
  return { quarantine, classes: list as VlanPlan['classes'] };
}

const vlansCommand = (api: Api): Command => ({
  verb: 'radius vlans',
  words: ['CLASS=VLAN,…?'],
  help: 'Which class of devices belongs in which VLAN; with words, change it. Sessions are moved at once.',
  flags: [],
  examples: ['radius vlans', 'radius vlans camera=120,quarantine=998'],
  run: async ({ words, client }) => {
    const { plan } = await client.call(api.getNetworkAccess, {});
    const [change] = words;
    if (change === undefined) return { data: plan, text: planText(plan) };
    const set = await client.call(api.setVlans, { body: changedPlan(plan, change) });
    return { data: set, text: planText(set) };
  },
});

const portText = (one: PortSession): string => {
  const place = `${one.nas} ${one.port ?? ''}`.trimEnd().padEnd(24);
  const moving = one.moving === null ? '' : one.moving === 0 ? ', is to end' : `, is to be ${one.moving}`;
  return `${place} ${one.station}  ${one.device}  VLAN ${one.vlan}${one.quarantined ? ' (quarantine)' : ''}${moving}`;
};

const portsCommand = (api: Api): Command => ({
  verb: 'radius ports',
  words: [],
  help: 'Who is on which port of which switch, newest first.',
  flags: [],
  examples: ['radius ports'],
  run: async ({ client }) => {
    const { sessions, count } = await client.call(api.getNetworkAccess, {});
    const more = count > sessions.length ? [`… and ${count - sessions.length} more`] : [];
    return { data: sessions, text: [...sessions.map(portText), ...more].join('\n') || 'Nobody has joined yet.' };
  },
});
