/** Verbs that carry a job to the officer's own machine and its signature back: the city never sees a key. */
import type { Api, ChangeDevice, ChangeSigned, JobLeaf, JobSignature } from '@cityward/contracts';
import { CHANGE_DEVICES_PAGE_MAX } from '@cityward/contracts';
import { jobBytes, jobInWords, leafTree, plainText } from '@cityward/fleet/verify';
import type { Client } from './client.ts';
import type { Command } from './command.ts';
import { CommandFault, EXIT } from './exit-codes.ts';
import { readJson, writeJson } from './sign.ts';

export const signingCommands = (api: Api): readonly Command[] => [fetchCommand(api), handInCommand(api)];

const fetchCommand = (api: Api): Command => ({
  verb: 'job fetch',
  words: ['ID', 'FILE'],
  help: 'Write the job of a change to a file, to be signed on another machine, and with --devices the list of its devices.',
  flags: [{ name: 'devices', value: 'FILE', help: 'where the list of devices goes' }],
  examples: ['job fetch chg-7k2m9c0q4x1ab3d5 job.json --devices devices.json'],
  run: async ({ words, flag, client }) => {
    const [id = '', path = ''] = words;
    const { job, hash, signed } = await client.call(api.changeToSign, { params: { id } });
    const list = flag('devices');
    const leaves = list === undefined ? null : await leavesOf(api, client, id);
    if (leaves && leafTree(leaves).root !== job.devices.root)
      throw new CommandFault(
        EXIT.notVerified,
        `fetch "${plainText(id)}": its list of devices is not the one of its job`,
      );
    const file = writeJson(path, job);
    const devices = leaves && list !== undefined ? writeJson(list, { leaves }) : null;
    const said = jobInWords(jobBytes(job)) ?? [];
    const sign = `Sign it on a machine of your own: npx cityward sign ${file} --key YOUR.key${devices ? ` --devices ${devices}` : ''}`;
    const lines = [...said, signedText(signed), `Written to ${file}${devices ? ` and ${devices}` : ''}. ${sign}`];
    return { data: { file, devices, hash, signed }, text: lines.join('\n') };
  },
});

/** Page by page, in the order of the signed list. */
async function leavesOf(api: Api, client: Client, id: string): Promise<JobLeaf[]> {
  const leaves: JobLeaf[] = [];
  let after: string | undefined;
  do {
    const query = { limit: CHANGE_DEVICES_PAGE_MAX, ...(after === undefined ? {} : { after }) };
    const page = await client.call(api.listChangeDevices, { params: { id }, query });
    leaves.push(...page.devices.map(({ device }: ChangeDevice) => ({ device, counter: page.counter })));
    after = page.next ?? undefined;
  } while (after !== undefined);
  return leaves;
}

const handInCommand = (api: Api): Command => ({
  verb: 'job sign',
  words: ['ID'],
  help: 'Hand an officer\'s signature in, as "cityward sign" wrote it. It signs nothing itself.',
  flags: [{ name: 'signature', value: 'FILE', help: 'what "sign" wrote: FILE.KEY.sig.json' }],
  examples: ['job sign chg-7k2m9c0q4x1ab3d5 --signature job.json.ann-doe-key.sig.json'],
  run: async ({ words, flag, client }) => {
    const path = flag('signature');
    if (path === undefined)
      throw new CommandFault(EXIT.usage, 'job sign: no signature; give --signature with its file');
    const body = readJson(path) as unknown as JobSignature;
    const signed = await client.call(api.signChange, { params: { id: words[0] ?? '' }, body });
    return { data: signed, text: signedText(signed) };
  },
});

export function signedText({ officers, needed, wantsOffline, complete }: ChangeSigned): string {
  const names = officers.map(plainText).join(', ') || 'nobody';
  const wants = wantsOffline ? '; one of them is wanted by "cityward sign"' : '';
  return `Signed by ${names}: ${officers.length} of ${needed}${wants}. ${complete ? 'It can be started' : 'Not enough yet'}`;
}
