/** The city's signature on documents: a key of its own that signs nothing else, certified by the issuing authority. */
import { createPrivateKey, generateKeyPairSync, sign, X509Certificate, type KeyObject } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DAY_MS, type Clock } from '@cityward/kernel';
import { certificatePem, type Authority, type Issued } from './authority.ts';
import { encodeDetached } from './domain/cms.ts';
import { ownerOnlyFolder, readSlot, syncFolder, writeSlot } from './slot-file.ts';

/** A new key in good time: a document is to be checked for years after it was signed. */
const RENEWED_WITH_LEFT_MS = 365 * DAY_MS;
const FILES = { key: 'document-key.pem', certificate: 'document.pem' } as const;

export interface Documents {
  /** A detached CMS signature over these bytes, DER. */
  sign(bytes: Uint8Array): Promise<Buffer>;
}
export interface DocumentsParts {
  /** A folder of its own. */
  readonly folder: string;
  readonly authority: Authority;
  readonly clock: Clock;
  /** Keeps what is known of a new certificate, so that its state can be asked. */
  readonly keep: (issued: Issued) => Promise<void>;
}

interface Opened {
  readonly key: KeyObject;
  readonly certificate: X509Certificate;
}

/** The key is made when the first document is signed. */
export function createDocuments(parts: DocumentsParts): Documents {
  let opened: Promise<Opened> | null = null;
  const current = async (): Promise<Opened> => {
    opened ??= openOrMake(parts);
    try {
      const found = await opened;
      if (found.certificate.validToDate.getTime() - parts.clock() > RENEWED_WITH_LEFT_MS) return found;
      return await (opened = make(parts));
    } catch (fault) {
      opened = null;
      throw fault;
    }
  };
  return {
    sign: async (bytes) => {
      const { key, certificate } = await current();
      const { issuer, issuingDer } = parts.authority;
      return encodeDetached({
        certificates: [certificate.raw, issuingDer],
        issuerName: issuer.name,
        serial: Buffer.from(certificate.serialNumber, 'hex'),
        signature: sign('sha256', bytes, key),
      });
    },
  };
}

async function openOrMake(parts: DocumentsParts): Promise<Opened> {
  const { folder, authority } = parts;
  const exists = await stat(join(folder, FILES.certificate)).then(
    () => true,
    () => false,
  );
  if (!exists) return make(parts);
  const certificate = new X509Certificate(await readFile(join(folder, FILES.certificate), 'utf8'));
  const key = createPrivateKey(await readSlot(join(folder, FILES.key)));
  const issuing = new X509Certificate(authority.issuingDer);
  if (!certificate.checkPrivateKey(key) || !certificate.verify(issuing.publicKey))
    throw new Error(`open document key in "${folder}": key, certificate and authority do not belong together`);
  return { key, certificate };
}

/** Beside, then renamed: a kill on the way leaves the old pair, or none. */
async function make({ folder, authority, clock, keep }: DocumentsParts): Promise<Opened> {
  const building = `${folder}.new`;
  await rm(building, { recursive: true, force: true });
  await mkdir(building, { recursive: true, mode: 0o700 });
  await ownerOnlyFolder(building);
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const issued = authority.issueDocument(pair.publicKey.export({ type: 'spki', format: 'der' }), clock());
  await writeSlot(join(building, FILES.key), pair.privateKey.export({ type: 'pkcs8', format: 'pem' }));
  await writeSlot(join(building, FILES.certificate), certificatePem(issued.der));
  await keep(issued);
  await rm(folder, { recursive: true, force: true });
  await rename(building, folder);
  await syncFolder(dirname(folder));
  return { key: pair.privateKey, certificate: new X509Certificate(issued.der) };
}
