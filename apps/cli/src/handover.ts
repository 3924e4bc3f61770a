/** Handing a device over with the installer's own key, and checking a certificate with the city's root alone. */
import { createHash, sign } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Api } from '@cityward/contracts';
import { handoverBytes, handoverInWords, plainText, verifyHandover } from '@cityward/fleet/verify';
import { askLine, askPassphrase, PASSPHRASE_FLAG } from './ask.ts';
import type { Asked, Command, Said } from './command.ts';
import { wanted } from './device-flags.ts';
import { CommandFault, EXIT } from './exit-codes.ts';
import { openKeyFile, readKeyFile } from './key-file.ts';
import { CA_FLAG, notVerified } from './verifying.ts';

const HASH_TYPED_CHARS = 8;

export const handoverCommands = (api: Api): readonly Command[] => [handoverCommand(api), verifyCommand];

const handoverCommand = (api: Api): Command => ({
  verb: 'device handover',
  words: ['ID'],
  help: 'Hand a device over: shows what the installer signs, asks, signs with their key file, and writes the certificate (JSON, signature, PDF).',
  flags: [
    { name: 'installer', value: 'NAME', help: 'who signs' },
    { name: 'company', value: 'NAME', help: 'for whom they work' },
    { name: 'key', value: 'FILE', help: 'their key file, made by "officers key"' },
    { name: 'out', value: 'FOLDER', help: 'where the files go (.)' },
    { name: 'last', help: 'only write the files of the newest certificate' },
    { name: 'yes', help: 'for scripts: sign without asking' },
    PASSPHRASE_FLAG,
  ],
  examples: [
    'device handover cam-0042 --installer "Ann Lee" --company "Lee Installations" --key ann.key',
    'device handover cam-0042 --last --out evidence',
  ],
  run: async (asked) => {
    const { client, words, has, flag } = asked;
    const params = { id: words[0] ?? '' };
    const id = has('last') ? await newest(api, asked) : await handOver(api, asked);
    const out = flag('out') ?? '.';
    const files = [
      { name: `${id}.json`, endpoint: api.getHandover },
      { name: `${id}.p7s`, endpoint: api.getHandoverSignature },
      { name: `${id}.pdf`, endpoint: api.getHandoverPdf },
    ];
    const written: string[] = [];
    for (const { name, endpoint } of files) {
      const path = join(out, name);
      writeFileSync(path, await client.bytes(endpoint, { params: { id } }));
      written.push(path);
    }
    return {
      data: { device: params.id, handover: id, files: written },
      text: [`Handed over as ${id}`, ...written].join('\n'),
    };
  },
});

async function newest(api: Api, { client, words }: Asked): Promise<string> {
  const { handovers } = await client.call(api.listHandovers, { params: { id: words[0] ?? '' } });
  if (handovers[0]) return handovers[0].id;
  throw new CommandFault(EXIT.refused, `find the certificate of "${words[0] ?? ''}": it was never handed over`);
}

async function handOver(api: Api, asked: Asked): Promise<string> {
  const { client, words, flag, has } = asked;
  const params = { id: words[0] ?? '' };
  const installer = wanted(asked, 'installer', 'device handover');
  const keyPath = wanted(asked, 'key', 'device handover');
  const { key: whose } = readKeyFile(keyPath);
  const draft = await client.call(api.draftHandover, { params, body: { installer, company: flag('company') ?? null } });
  const bytes = handoverBytes(draft.handover);
  const hash = createHash('sha256').update(bytes).digest('hex');
  if (hash !== draft.hash)
    throw new CommandFault(EXIT.notVerified, 'device handover: the city names another hash than its draft has');
  // From the document that is signed, never from words that the city sends.
  process.stderr.write(`${handoverInWords(draft.handover).map(plainText).join('\n')}\nKey ${whose.id}\nHash ${hash}\n`);
  if (!has('yes')) {
    const typed = await askLine(
      `Type the first ${HASH_TYPED_CHARS} characters of the hash to sign, or nothing to leave: `,
      '--yes',
    );
    if (typed.trim().toLowerCase() !== hash.slice(0, HASH_TYPED_CHARS))
      throw new CommandFault(EXIT.refused, 'device handover: not signed, the characters were others');
  }
  const { key, privateKey } = openKeyFile(keyPath, await askPassphrase(asked, false));
  const signature = sign(null, bytes, privateKey).toString('base64url');
  const body = { hash, signature: { alg: 'ed25519' as const, key: key.id, publicKey: key.publicKey, signature } };
  return (await client.call(api.handOver, { params, body })).id;
}

const verifyCommand: Command = {
  verb: 'handover verify',
  words: ['FILE'],
  help: "Check a handover certificate offline: form, installer's signature, and the city's down to the root that you name. Exit code 4 when it is not.",
  flags: [CA_FLAG, { name: 'signature', value: 'FILE', help: 'its signature (the file beside it that ends in .p7s)' }],
  examples: ['handover verify hnd-7k2m9c0q4x1ab3d5.json --ca city-root.pem'],
  run: (asked) => {
    const [path = ''] = asked.words;
    const signaturePath = asked.flag('signature') ?? path.replace(/\.json$/, '.p7s');
    const ca = wanted(asked, 'ca', 'handover verify');
    const verified = verifyHandover({
      json: bytesOf(path),
      signature: bytesOf(signaturePath),
      ca: bytesOf(ca).toString('latin1'),
    });
    if (!verified.ok) return Promise.resolve(notVerified(verified.error));
    const { certificate, hash, signer } = verified.value;
    const words = handoverInWords(certificate.handover).map(plainText);
    const text = [...words, `Hash ${hash}`, `Verified: signed by the installer, and by ${plainText(signer)}.`].join(
      '\n',
    );
    return Promise.resolve<Said>({ data: { verified: true, hash, signer, handover: certificate.handover }, text });
  },
};

function bytesOf(path: string): Buffer {
  if (!existsSync(path)) throw new CommandFault(EXIT.usage, `read "${path}": there is no such file`);
  return readFileSync(path);
}
