/** No handler keeps a caller waiting for ever: after its time a request is answered, and what was stuck is named in the log. */
import type { Refusal } from '@cityward/kernel';
import { MINUTE_MS, SECOND_MS } from '@cityward/kernel';
import type { Log } from '@cityward/log';
import type { Asked } from './options.ts';
import { RefusedRequest } from './problems.ts';

/** Commands, pages and raw paths. */
export const HANDLER_MAX_MS = 30 * SECOND_MS;
/** What takes a whole file, or makes one: an import of 100,000 rows is aimed at a minute. */
export const FILE_HANDLER_MAX_MS = 10 * MINUTE_MS;

export interface Timed {
  readonly asked: Pick<Asked, 'name'>;
  readonly id: string;
  readonly maxMs: number;
  readonly log: Log;
}

/**
 * The outcome of the work, or a refusal that says what took too long. The work itself cannot be stopped: it may still end, and
 * says so in the log when it does.
 */
export async function inTime<T>({ asked, id, maxMs, log }: Timed, work: () => Promise<T>): Promise<T> {
  let late = false;
  let timer: NodeJS.Timeout | undefined;
  const began = performance.now();
  const running = work();
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      late = true;
      log.error('a handler is stuck', { id, route: asked.name, afterMs: maxMs });
      reject(new RefusedRequest(stuck(asked.name, maxMs)));
    }, maxMs);
  });
  const ended = (how: string): void => {
    if (late)
      log.warn('a handler ended late', { id, route: asked.name, how, ms: Math.round(performance.now() - began) });
  };
  running.then(
    () => ended('done'),
    (fault: unknown) => ended(String(fault)),
  );
  try {
    return await Promise.race([running, limit]);
  } finally {
    clearTimeout(timer);
  }
}

const stuck = (name: string, maxMs: number): Refusal => ({
  kind: 'unavailable',
  code: 'HANDLER_STUCK',
  message: `answer "${name}": it took more than ${maxMs / SECOND_MS} seconds, wanted an answer in that time; it may still happen: look before trying again`,
});
