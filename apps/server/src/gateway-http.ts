/** Observations over HTTPS with a device certificate: NDJSON, one observation a line, answered line by line. */
import { HTTP_BODY_MAX_BYTES, OBSERVATIONS_PER_BATCH_MAX, OBSERVATION_MAX_BYTES } from '@cityward/kernel';
import type { RawReply, RawRequest, RawRoute } from '@cityward/http';
import { doorOf, type Access } from './access.ts';
import { readObservation, type Ingest, type Reporter } from './ingest.ts';

export const INGEST_PATH = '/ingest/v1/observations';

export interface HttpGatewayParts {
  readonly ingest: Ingest;
  readonly access: Access;
  readonly isSimulated: (device: string) => boolean;
}
interface Rejected {
  readonly line: number;
  readonly reason: string;
}
interface Fault {
  readonly code: string;
  readonly message: string;
}

/** Answered once every accepted line is durable; a rejected line stops none of the others. */
export function ingestRoute({ ingest, access, isSimulated }: HttpGatewayParts): RawRoute {
  return {
    name: 'ingestObservations',
    method: 'POST',
    path: INGEST_PATH,
    action: 'reportAbout',
    bodyMaxBytes: HTTP_BODY_MAX_BYTES,
    // The door: a device or network may always come to speak; about whom is asked line by line.
    resource: (_, caller) => doorOf(access.device(caller.principal.id)),
    handle: async (request, caller) => {
      const id = caller.principal.id;
      return answer(
        await takeLines(request, {
          ingest,
          reporter: { id, gateway: 'http', authenticated: true, replay: false, simulated: isSimulated(id) },
        }),
      );
    },
  };
}

interface Taken {
  readonly accepted: number;
  readonly rejected: readonly Rejected[];
  /** Why, line by line. */
  readonly codes: readonly string[];
}

async function takeLines(
  request: RawRequest,
  { ingest, reporter }: { ingest: Ingest; reporter: Reporter },
): Promise<Taken> {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(request.body);
  } catch {
    return none({ line: 0, reason: 'read the batch: it is not UTF-8' }, 'BATCH_NOT_UTF8');
  }
  const lines = text
    .split('\n')
    .map((line, index) => ({ line: index + 1, text: line.trim() }))
    .filter((one) => one.text !== '');
  if (lines.length > OBSERVATIONS_PER_BATCH_MAX) {
    const reason = `take a batch of ${lines.length} lines: at most ${OBSERVATIONS_PER_BATCH_MAX}`;
    return none({ line: OBSERVATIONS_PER_BATCH_MAX + 1, reason }, 'BATCH_TOO_LONG');
  }
  const results = await Promise.all(
    lines.map(async (one) => ({ line: one.line, fault: await takeLine(one.text, { ingest, reporter }) })),
  );
  const faults = results.flatMap(({ line, fault }) => (fault === null ? [] : [{ line, fault }]));
  return {
    accepted: results.length - faults.length,
    rejected: faults.map(({ line, fault }) => ({ line, reason: fault.message })),
    codes: faults.map(({ fault }) => fault.code),
  };
}

const none = (rejected: Rejected, code: string): Taken => ({ accepted: 0, rejected: [rejected], codes: [code] });

async function takeLine(
  text: string,
  { ingest, reporter }: { ingest: Ingest; reporter: Reporter },
): Promise<Fault | null> {
  if (text.length > OBSERVATION_MAX_BYTES)
    return {
      code: 'LINE_TOO_LONG',
      message: `read a line of ${text.length} characters: at most ${OBSERVATION_MAX_BYTES}`,
    };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { code: 'LINE_NOT_JSON', message: `read a line: ${(error as Error).message}` };
  }
  const body = readObservation(value);
  const put = body.ok ? await ingest.put(reporter, body.value) : body;
  return put.ok ? null : put.error;
}

function answer({ codes, ...taken }: Taken): RawReply {
  const status = taken.rejected.length === 0 ? 200 : taken.accepted > 0 ? 207 : 400;
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(taken), refused: codes };
}
