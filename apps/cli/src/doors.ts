/** Verbs about who may join: networks, makers' roots, who waits, and who was kept out. */
import { readFileSync } from 'node:fs';
import { X509Certificate } from 'node:crypto';
import type { Api, Discovery, MakerRoot, NetworkDraft, NetworkIdentity, Waiting } from '@cityward/contracts';
import { plainText } from '@cityward/fleet/verify';
import type { Command } from './command.ts';
import { day, moment } from './days.ts';
import { CommandFault, EXIT } from './exit-codes.ts';
import { listOf, wanted } from './wanted.ts';

export const doorCommands = (api: Api): readonly Command[] => [
  ...networkCommands(api),
  ...makerCommands(api),
  ...waitingCommands(api),
  ...discoveryCommands(api),
];

const REASON_FLAG = { name: 'reason', value: 'TEXT', help: 'why; goes into the evidence' } as const;

const columns = (rows: readonly (readonly string[])[], none: string): string => {
  const [head] = rows;
  if (!head) return none;
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
};

const networkRow = (one: NetworkIdentity): string[] => [
  one.id,
  one.kind,
  one.state,
  plainText(one.name),
  one.party,
  `${one.speaksFor.devices.length} devices, ${one.speaksFor.sites.length} sites`,
];

function networkCommands(api: Api): readonly Command[] {
  return [
    {
      verb: 'network ls',
      words: [],
      help: 'Site gateways and partner networks, with how many devices each may speak for.',
      flags: [],
      examples: ['network ls', 'network ls --json'],
      run: async ({ client }) => {
        const { networks } = await client.call(api.listNetworks, {});
        return { data: networks, text: columns(networks.map(networkRow), 'No network is registered.') };
      },
    },
    networkAddCommand(api),
    {
      verb: 'network code',
      words: ['ID'],
      help: 'A new one-time code with which a network gets its certificate by EST. Shown once.',
      flags: [],
      examples: ['network code lora-east'],
      run: async ({ words, client }) => {
        const issued = await client.call(api.issueNetworkCode, { params: { id: words[0] ?? '' } });
        return { data: issued, text: codeText(issued) };
      },
    },
    {
      verb: 'network acme',
      words: ['ID'],
      help: 'A one-time secret that binds an ACME account to a network, for the host names that it may order. Shown once.',
      flags: [{ name: 'names', value: 'NAME,…', help: 'host names, as --acme of the server has them' }],
      examples: ['network acme gateway-east --names gateway-east.example'],
      run: async (asked) => {
        const params = { id: asked.words[0] ?? '' };
        const body = { names: listOf(wanted(asked, 'network acme', 'names')) };
        const issued = await asked.client.call(api.issueAcmeBinding, { params, body });
        return { data: issued, text: bindingText(issued) };
      },
    },
    {
      verb: 'network end',
      words: ['ID'],
      help: 'End the identity of a network for good: it neither connects nor speaks for a device again.',
      flags: [REASON_FLAG],
      examples: ['network end lora-east --reason "Contract over"'],
      run: async (asked) => {
        const body = { reason: wanted(asked, 'network end', 'reason') };
        const ended = await asked.client.call(api.endNetwork, { params: { id: asked.words[0] ?? '' }, body });
        return { data: ended, text: `${ended.id} has ended.` };
      },
    },
  ];
}

const codeText = (issued: { network: string; code: string; url: string; expires: number }): string =>
  `Code for ${issued.network}: ${issued.code}\nEST: ${issued.url}\nValid until ${new Date(issued.expires).toISOString()}, once.`;

const bindingText = (issued: { kid: string; key: string; directory: string; expires: number }): string =>
  `Key id: ${issued.kid}\nHMAC key: ${issued.key}\nDirectory: ${issued.directory}\nValid until ${new Date(issued.expires).toISOString()}, once.`;

const networkAddCommand = (api: Api): Command => ({
  verb: 'network add',
  words: ['ID'],
  help: 'Give a network an identity, or say anew whom a registered one may speak for. A new one gets a one-time code, shown once.',
  flags: [
    { name: 'kind', value: 'KIND', help: 'site-gateway, lorawan-network or mobile-apn' },
    { name: 'name', value: 'NAME', help: 'what people call it' },
    { name: 'party', value: 'ID', help: 'who answers for it' },
    { name: 'devices', value: 'ID,…', help: 'devices it may speak for' },
    { name: 'sites', value: 'ID,…', help: 'sites whose devices it may speak for' },
  ],
  examples: [
    'network add lora-east --kind lorawan-network --name "Relay east" --party party-marram --devices air-0001,air-0002',
  ],
  run: async (asked) => {
    const { client, flag } = asked;
    const id = asked.words[0] ?? '';
    const speaksFor = { devices: listOf(flag('devices')), sites: listOf(flag('sites')) };
    const { networks } = await client.call(api.listNetworks, {});
    if (networks.some((one) => one.id === id)) {
      const changed = await client.call(api.setSpeaksFor, { params: { id }, body: speaksFor });
      return { data: changed, text: columns([networkRow(changed)], '') };
    }
    const kind = wanted(asked, 'network add', 'kind') as NetworkDraft['kind'];
    const names = { name: wanted(asked, 'network add', 'name'), party: wanted(asked, 'network add', 'party') };
    const network = await client.call(api.registerNetwork, { body: { id, kind, ...names, speaksFor } });
    const code = await client.call(api.issueNetworkCode, { params: { id } });
    return { data: { network, code }, text: `${columns([networkRow(network)], '')}\n${codeText(code)}` };
  },
});

const rootRow = (one: MakerRoot): string[] => [
  one.fingerprint,
  one.maker,
  one.approval,
  `until ${day(one.notAfter)}`,
  plainText(one.subject),
];

function makerCommands(api: Api): readonly Command[] {
  return [
    {
      verb: 'maker ls',
      words: [],
      help: "Makers' roots whose factory certificates may enrol.",
      flags: [],
      examples: ['maker ls'],
      run: async ({ client }) => {
        const { roots } = await client.call(api.listMakerRoots, {});
        return { data: roots, text: columns(roots.map(rootRow), 'No root is pinned.') };
      },
    },
    {
      verb: 'maker pin',
      words: ['MAKER', 'FILE'],
      help: "Trust a maker's root for first enrolment. Give the fingerprint that the maker published, not the file's own.",
      flags: [
        { name: 'fingerprint', value: 'SHA256', help: 'as the maker published it' },
        { name: 'each', help: 'a person decides about each device of this maker' },
      ],
      examples: ['maker pin lumenworks root.pem --fingerprint 5F:2C:…'],
      run: async (asked) => {
        const [maker = '', path = ''] = asked.words;
        const fingerprint = wanted(asked, 'maker pin', 'fingerprint');
        const approval = asked.has('each') ? ('each' as const) : ('automatic' as const);
        const body = { maker, pem: pemFrom(path), fingerprint, approval };
        const root = await asked.client.call(api.pinMakerRoot, { body });
        return { data: root, text: columns([rootRow(root)], '') };
      },
    },
    {
      verb: 'maker remove',
      words: ['FINGERPRINT'],
      help: "Stop trusting a maker's root. Certificates that were issued because of it stay.",
      flags: [],
      examples: ['maker remove 5f2c…'],
      run: async ({ words, client }) => {
        const fingerprint = (words[0] ?? '').replaceAll(':', '').toLowerCase();
        const { roots } = await client.call(api.removeMakerRoot, { params: { fingerprint } });
        return { data: roots, text: columns(roots.map(rootRow), 'No root is pinned.') };
      },
    },
  ];
}

/** PEM or DER. */
function pemFrom(path: string): string {
  try {
    return new X509Certificate(readFileSync(path)).toString();
  } catch (error) {
    throw new CommandFault(EXIT.usage, `read certificate "${path}": ${(error as Error).message}`);
  }
}

const waitingRow = (one: Waiting): string[] => [
  one.id,
  one.state,
  one.device,
  one.why,
  one.serial ?? one.way,
  `last ${moment(one.lastAsked)} from ${one.address}`,
];

function waitingCommands(api: Api): readonly Command[] {
  const judge = (verb: 'approve' | 'refuse', help: string): Command => ({
    verb: `waiting ${verb}`,
    words: ['ID'],
    help,
    flags: [REASON_FLAG],
    examples: [`waiting ${verb} enr-7k2m9c0q4x1ab3d5 --reason "Seen on site"`],
    run: async (asked) => {
      const endpoint = verb === 'approve' ? api.approveEnrolment : api.refuseEnrolment;
      const body = { reason: wanted(asked, `waiting ${verb}`, 'reason') };
      const judged = await asked.client.call(endpoint as Api['approveEnrolment'], {
        params: { id: asked.words[0] ?? '' },
        body,
      });
      return { data: judged, text: columns([waitingRow(judged)], '') };
    },
  });
  return [
    {
      verb: 'waiting ls',
      words: [],
      help: 'Devices that wait for a person to let them in.',
      flags: [{ name: 'all', help: 'those that were decided lately, too' }],
      examples: ['waiting ls', 'waiting ls --all'],
      run: async ({ client, has }) => {
        const { enrolments } = await client.call(api.listEnrolments, {});
        const shown = enrolments.filter(({ state }) => has('all') || state === 'waiting');
        return { data: shown, text: columns(shown.map(waitingRow), 'Nobody waits.') };
      },
    },
    judge('approve', 'Let this device, with the key that it showed, have its certificate.'),
    judge('refuse', 'Keep this device out; it is told why.'),
  ];
}

const discoveryRow = (one: Discovery): string[] => [
  one.id,
  one.state,
  one.why,
  plainText(one.claimed ?? one.serial ?? one.subject ?? ''),
  `${one.times} times, last ${moment(one.last)} from ${one.address}`,
];

function discoveryCommands(api: Api): readonly Command[] {
  return [
    {
      verb: 'discovery ls',
      words: [],
      help: 'Unknown devices that asked to be let in. None of them has a certificate.',
      flags: [{ name: 'all', help: 'those that were put aside, too' }],
      examples: ['discovery ls'],
      run: async ({ client, has }) => {
        const { discoveries } = await client.call(api.listDiscoveries, {});
        const shown = discoveries.filter(({ state }) => has('all') || state === 'quarantined');
        return { data: shown, text: columns(shown.map(discoveryRow), 'Nobody unknown has asked.') };
      },
    },
    {
      verb: 'discovery dismiss',
      words: ['ID'],
      help: 'Put a discovery aside.',
      flags: [REASON_FLAG],
      examples: ['discovery dismiss disc-7k2m9c0q4x1ab3d5 --reason "A visitor\'s laptop"'],
      run: async (asked) => {
        const body = { reason: wanted(asked, 'discovery dismiss', 'reason') };
        const one = await asked.client.call(api.dismissDiscovery, { params: { id: asked.words[0] ?? '' }, body });
        return { data: one, text: columns([discoveryRow(one)], '') };
      },
    },
  ];
}
