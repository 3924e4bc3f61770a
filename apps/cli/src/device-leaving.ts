/** Verbs by which a device goes: other hardware in its place, retired, stolen. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Api, Hardware, Retirement } from '@cityward/contracts';
import { plainText } from '@cityward/fleet/verify';
import type { Command } from './command.ts';
import { REASON, wanted } from './device-flags.ts';

export const leavingCommands = (api: Api): readonly Command[] => [
  replaceCommand(api),
  retireCommand(api),
  stolenCommand(api),
];

const replaceCommand = (api: Api): Command => ({
  verb: 'device replace',
  words: ['ID'],
  help: 'Other hardware in the same place: place, configuration and history stay, the identity ends. Enrol the new one with "device enrol".',
  flags: [
    { name: 'serial', value: 'SERIAL', help: 'of the new hardware' },
    { name: 'mac', value: 'ADDRESS', help: 'of the new hardware' },
    { name: 'model', value: 'MODEL', help: 'of the new hardware (the same)' },
    { name: 'firmware', value: 'VERSION', help: 'of the new hardware (not known)' },
    { name: 'undo', help: 'take it back while the new hardware has not come in' },
    REASON,
  ],
  examples: [
    'device replace cam-0042 --serial ACCC8E00FFEE --mac ac:cc:8e:00:ff:ee --reason "Lens broken"',
    'device replace cam-0042 --undo --reason "Wrong pole"',
  ],
  run: async (asked) => {
    const { client, words, flag, has } = asked;
    const params = { id: words[0] ?? '' };
    const reason = wanted(asked, 'reason', 'device replace');
    if (has('undo')) {
      const undone = await client.call(api.undoReplacement, { params, body: { reason } });
      return { data: undone, text: `The hardware before stands at ${undone.device} again; enrol it anew.` };
    }
    const { hardware: before } = await client.call(api.getLeaving, { params });
    const hardware: Hardware = {
      serial: wanted(asked, 'serial', 'device replace'),
      mac: flag('mac') ?? null,
      model: flag('model') ?? before.model,
      firmware: flag('firmware') ?? null,
    };
    const done = await client.call(api.replaceDevice, { params, body: { hardware, reason } });
    const text = `Replaced at ${done.device}: ${before.serial ?? 'no serial'} → ${hardware.serial}. The old identity has ended; "cityward device enrol ${done.device}" lets the new one in.`;
    return { data: done, text };
  },
});

const erasedLines = ({ erased, reportedBy }: Retirement): string[] =>
  erased.map(
    ({ item, state, reason }) =>
      `  ${item}: ${state}${reason === null ? '' : ` (${plainText(reason)})`}, by ${reportedBy ?? 'nobody'}`,
  );

const retireCommand = (api: Api): Command => ({
  verb: 'device retire',
  words: ['ID'],
  help: 'Retire a device. Plans the change that erases it, for officers to sign (a camera is erased by its gateway); its identity ends once that is reported.',
  flags: [
    { name: 'unproven', help: 'end it at once, without proof that it is erased' },
    { name: 'close', help: 'wait no longer for it to erase itself' },
    { name: 'out', value: 'FOLDER', help: 'write the certificate of a retired device there, and do nothing else' },
    REASON,
  ],
  examples: [
    'device retire cam-0042 --reason "End of life"',
    'device retire cam-0042 --unproven --reason "Burnt"',
    'device retire cam-0042 --out evidence',
  ],
  run: async (asked) => {
    const { client, words, flag, has } = asked;
    const id = words[0] ?? '';
    const params = { id };
    const out = flag('out');
    if (out !== undefined) {
      const files = [join(out, `${id}-retired.json`), join(out, `${id}-retired.p7s`)] as const;
      writeFileSync(files[0], await client.bytes(api.getRetirement, { params }));
      writeFileSync(files[1], await client.bytes(api.getRetirementSignature, { params }));
      return { data: { files }, text: files.join('\n') };
    }
    const reason = wanted(asked, 'reason', 'device retire');
    const retirement = has('close')
      ? await client.call(api.closeRetirement, { params, body: { reason } })
      : await client.call(api.retireDevice, { params, body: { reason, wipe: !has('unproven') } });
    const { state, change, wiped, why } = retirement;
    const text =
      state === 'closed'
        ? [`${id} is retired. That it is erased is ${wiped}: ${plainText(why)}.`, ...erasedLines(retirement)].join('\n')
        : `${id} is to be erased by change ${change}: officers sign it, then "cityward job apply ${change}" starts it.`;
    return { data: retirement, text };
  },
});

const stolenCommand = (api: Api): Command => ({
  verb: 'device stolen',
  words: ['ID'],
  help: 'Block a stolen device at once, and list what it held.',
  flags: [REASON],
  examples: ['device stolen cam-0042 --reason "Pole found empty"'],
  run: async (asked) => {
    const params = { id: asked.words[0] ?? '' };
    const theft = await asked.client.call(api.reportStolen, {
      params,
      body: { reason: wanted(asked, 'reason', 'device stolen') },
    });
    const lines = [`${theft.device} is blocked.`, ...theft.held.words.map((line) => `  ${plainText(line)}`)];
    return { data: theft, text: lines.join('\n') };
  },
});
