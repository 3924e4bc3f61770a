/** Firmware images of simulated cameras: one line that says what they are, then bytes whose hash that line names. */
import { createHash, type Hash } from 'node:crypto';

const MARK = 'cityward-camera-image ';
const LINE_MAX_BYTES = 1_024;
const NEWLINE = 0x0a;

export type ImageSignature = 'maker' | 'none' | 'custom' | 'revoked';
export interface ImageFacts {
  /** Model that it is for; `*` for any. */
  readonly product: string;
  readonly version: string;
  readonly signature: ImageSignature;
  /** Of what follows the line. */
  readonly sha256: string;
  /** What becomes of a camera that starts it: it works, or is never reached again by itself. */
  readonly starts: 'well' | 'never';
}
export interface ImageWanted extends Partial<Omit<ImageFacts, 'sha256' | 'version'>> {
  readonly version: string;
  readonly body?: Uint8Array;
}

export function cameraImage({ version, body = Buffer.from(`firmware ${version}\n`), ...rest }: ImageWanted): Buffer {
  const sha256 = createHash('sha256').update(body).digest('hex');
  const facts: ImageFacts = { product: '*', signature: 'maker', starts: 'well', ...rest, version, sha256 };
  return Buffer.concat([Buffer.from(`${MARK}${JSON.stringify(facts)}\n`), body]);
}

const SIGNATURES: readonly string[] = ['maker', 'none', 'custom', 'revoked'] satisfies ImageSignature[];

function readLine(line: string): ImageFacts | null {
  if (!line.startsWith(MARK)) return null;
  try {
    const { product, version, signature, sha256, starts } = JSON.parse(line.slice(MARK.length)) as Partial<ImageFacts>;
    if (typeof product !== 'string' || typeof version !== 'string' || typeof sha256 !== 'string') return null;
    if (!SIGNATURES.includes(signature ?? '') || (starts !== 'well' && starts !== 'never')) return null;
    return { product, version, signature: signature!, sha256, starts };
  } catch {
    return null;
  }
}

/** Takes an image piece by piece: nothing of it is kept but what its line says and a hash. */
export interface ImageReader {
  write(piece: Uint8Array): void;
  /** Null where what came is no whole image. */
  end(): ImageFacts | null;
  readonly size: number;
}

export function imageReader(): ImageReader {
  const hash: Hash = createHash('sha256');
  let head: Buffer | null = Buffer.alloc(0);
  let facts: ImageFacts | null = null;
  let size = 0;
  return {
    write: (piece) => {
      size += piece.length;
      if (!head) return void (facts && hash.update(piece));
      head = Buffer.concat([head, piece]);
      const end = head.indexOf(NEWLINE);
      if (end < 0 && head.length <= LINE_MAX_BYTES) return;
      facts = end < 0 ? null : readLine(head.subarray(0, end).toString('utf8'));
      hash.update(head.subarray(end + 1));
      head = null;
    },
    end: () => (facts && hash.digest('hex') === facts.sha256 ? facts : null),
    get size() {
      return size;
    },
  };
}
