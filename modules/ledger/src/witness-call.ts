/** One question to a witness (c2sp.org/tlog-witness): here is our newest checkpoint, from the size that you have seen on. */
import { answerText } from '@cityward/http';
import { openCosignatures, type Cosignature } from '@cityward/tlog-tiles/cosignature';
import type { VerifierKey } from '@cityward/tlog-tiles/note';
import { formatAddCheckpoint, SIZE_TYPE, type AddCheckpoint } from '@cityward/tlog-tiles/witness-request';

/** Signature lines of one witness. */
const ANSWER_MAX_BYTES = 16_384;
const CALL_MAX_MS = 5_000;

export interface WitnessSettings {
  /** Before `/add-checkpoint`. */
  readonly url: string;
  readonly key: VerifierKey;
}

export type WitnessAnswer =
  | { readonly said: 'cosigned'; readonly cosignature: Cosignature }
  /** It has seen another size than the one that was named, or, at the same size, another tree. */
  | { readonly said: 'seen'; readonly size: number }
  /** The proof does not hold against what it has seen. */
  | { readonly said: 'contradicts' }
  | { readonly said: 'fault'; readonly why: string };

export async function askWitness(
  { url, key }: WitnessSettings,
  request: AddCheckpoint,
  signal: AbortSignal,
): Promise<WitnessAnswer> {
  try {
    const answer = await fetch(`${url}/add-checkpoint`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain; charset=utf-8' },
      body: formatAddCheckpoint(request),
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(CALL_MAX_MS)]),
    });
    const body = await answerText(answer, ANSWER_MAX_BYTES);
    if (answer.status === 200) return cosignedBy(key, request.note, body);
    if (answer.status === 409) return sizeIn(answer.headers.get('content-type'), body);
    if (answer.status === 422) return { said: 'contradicts' };
    return { said: 'fault', why: `it answered ${answer.status}` };
  } catch (fault) {
    return { said: 'fault', why: whyOf(fault) };
  }
}

const whyOf = (fault: unknown): string => {
  const { message, cause } = fault as Error;
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
};

function cosignedBy(key: VerifierKey, note: string, lines: string): WitnessAnswer {
  const opened = openCosignatures(note + lines, [key]);
  const cosignature = opened.ok ? opened.value[0] : undefined;
  if (cosignature) return { said: 'cosigned', cosignature };
  return { said: 'fault', why: opened.ok ? `it did not sign as ${key.name}` : opened.error };
}

function sizeIn(type: string | null, body: string): WitnessAnswer {
  const size = /^(?:0|[1-9][0-9]{0,15})\n$/.test(body) ? Number(body) : NaN;
  if (type?.startsWith(SIZE_TYPE) && Number.isSafeInteger(size)) return { said: 'seen', size };
  return { said: 'fault', why: 'it did not say which size it has seen' };
}
