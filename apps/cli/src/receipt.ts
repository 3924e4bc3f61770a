/** Verbs about receipts of consents: take one from the city, and check one anywhere. */
import { writeFileSync } from 'node:fs';
import type { Api, ReceiptEvent, ReceiptFile } from '@cityward/contracts';
import { plainText } from '@cityward/fleet/verify';
import { receiptInWords, verifyReceipt } from '@cityward/vault/verify';
import type { Command, Said } from './command.ts';
import { bytesOf } from './read-file.ts';
import { CA_FLAG, KEY_FILE_FLAG, notVerified, trustedBy } from './verifying.ts';

export const receiptCommands = (api: Api): readonly Command[] => [receiptCommand(api), verifyCommand];

const receiptCommand = (api: Api): Command => ({
  verb: 'consent receipt',
  words: ['ID'],
  help: 'Write the receipt of a consent (ISO/IEC TS 27560, JSON-LD): signed by the city, proven by the ledger.',
  flags: [
    { name: 'event', value: 'EVENT', help: 'given, handed-on or taken-back (what happened last)' },
    { name: 'out', value: 'FILE', help: 'where it goes (receipt-ID-EVENT.json)' },
  ],
  examples: ['consent receipt con-7k2m9c0q4x1ab3d5'],
  run: async ({ client, words, flag }) => {
    const [id = ''] = words;
    // Which events there are the city says.
    const event = flag('event') as ReceiptEvent | undefined;
    const bytes = await client.bytes(api.getReceipt, { params: { id }, query: event === undefined ? {} : { event } });
    const { signed } = JSON.parse(bytes.toString('utf8')) as ReceiptFile;
    const last = signed.receipt.events.at(-1)!.event_state;
    const out = flag('out') ?? `receipt-${id}-${last}.json`;
    writeFileSync(out, bytes, { mode: 0o600 });
    const text = [...receiptInWords(signed.receipt).map(plainText), `Written to ${out}`].join('\n');
    return { data: { consent: id, event: last, file: out }, text };
  },
});

const verifyCommand: Command = {
  verb: 'verify receipt',
  words: ['FILE'],
  help: "Check the receipt of a consent offline: the city's signature and the ledger's proof. Exit code 4 when it does not hold.",
  flags: [CA_FLAG, KEY_FILE_FLAG],
  examples: ['verify receipt receipt-con-7k2m9c0q4x1ab3d5-given.json --ca city-root.pem --key-file ledger.vkey'],
  run: (asked) => {
    const verified = verifyReceipt({
      json: bytesOf(asked.words[0] ?? ''),
      ...trustedBy(asked, 'verify receipt'),
    });
    if (!verified.ok) return Promise.resolve(notVerified(verified.error));
    const { hash, signer, entry, receipt, issuedLater } = verified.value;
    const end = `Verified: signed by ${plainText(signer)}; entry ${entry} of the ledger. A consent may have been taken back since: ask for a newer receipt.`;
    const text = [...receiptInWords(receipt).map(plainText), `Hash ${hash}`, end].join('\n');
    return Promise.resolve<Said>({ data: { verified: true, hash, signer, entry, receipt, issuedLater }, text });
  },
};
