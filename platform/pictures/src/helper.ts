/** One process and what it is asked, one after the other; ended when it is stuck, started again when it is asked next. */
import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { inTurn, ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import type { Answered, Answers, Asked } from './asked.ts';
import type { Pattern } from './mark/pattern.ts';

const PROCESS = fileURLToPath(new URL('./process.ts', import.meta.url));
const FLAGS = ['--max-old-space-size=1024', '--disable-warning=ExperimentalWarning'];
/** A memory dump of it would hold what it draws. */
const WITHOUT_DUMPS = 'ulimit -c 0; exec "$0" "$@"';
/** Asked and not answered. */
export const WAITING_MAX = 64;
const RETRY_AFTER_MS = 1_000;

export interface HelperOptions {
  readonly pattern: Pattern;
  /** After it, one that has not answered is ended. */
  readonly answerWithinMs: number;
  /** After it, one that is asked nothing is ended, with all it still holds. */
  readonly idleMs: number;
}
type Without<Union> = Union extends unknown ? Omit<Union, 'id'> : never;
type Ask = Without<Asked>;

export interface Helper {
  ask<Do extends Ask['do']>(asked: Extract<Ask, { do: Do }>): Promise<Result<Answers[Do], Refusal>>;
  stop(): Promise<void>;
  readonly pid: number | null;
}

export function createHelper(options: HelperOptions): Helper {
  let running: Running | null = null;
  let waiting = 0;
  let isStopped = false;
  let idle: NodeJS.Timeout | undefined;
  const end = async (): Promise<void> => {
    const ending = running;
    running = null;
    await ending?.end();
  };
  const turn = inTurn();
  const answered = async (asked: Ask): Promise<Result<unknown, Refusal>> => {
    if (isStopped) return tooBusy();
    clearTimeout(idle);
    running ??= await start(options.pattern);
    const answer = await running.ask(asked, options.answerWithinMs);
    if (!answer.ok) await end();
    idle = setTimeout(() => void end(), options.idleMs).unref();
    return answer;
  };
  return {
    ask: async (asked) => {
      if (waiting >= WAITING_MAX) return tooBusy();
      waiting++;
      try {
        return (await turn(() => answered(asked))) as Awaited<ReturnType<Helper['ask']>> as never;
      } finally {
        waiting--;
      }
    },
    stop: async () => {
      isStopped = true;
      clearTimeout(idle);
      await end();
    },
    get pid() {
      return running?.pid ?? null;
    },
  };
}

const tooBusy = (): Result<never, Refusal> => ({
  ok: false,
  error: {
    kind: 'unavailable',
    code: 'TOO_MANY_DRAWINGS',
    message: `draw the document: ${WAITING_MAX} others wait, wanted fewer`,
    retryAfterMs: RETRY_AFTER_MS,
  },
});

interface Running {
  readonly pid: number;
  ask(asked: Ask, withinMs: number): Promise<Result<unknown, Refusal>>;
  end(): Promise<void>;
}

async function start(pattern: Pattern): Promise<Running> {
  const child = spawn('/bin/sh', ['-c', WITHOUT_DUMPS, process.execPath, ...FLAGS, PROCESS], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    serialization: 'advanced',
    // It needs nothing of what the server was told.
    env: { LANG: 'C.UTF-8' },
  });
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  child.unref();
  child.channel?.unref();
  let last = 0;
  const running: Running = {
    pid: child.pid ?? 0,
    ask: (asked, withinMs) => answerOf(child, { ...asked, id: ++last }, { withinMs, gone }),
    end: async () => {
      child.ref();
      child.kill('SIGKILL');
      await gone;
    },
  };
  await running.ask({ do: 'pattern', pattern }, START_MS);
  return running;
}
const START_MS = 20_000;

async function answerOf(
  child: ChildProcess,
  asked: Asked,
  { withinMs, gone }: { withinMs: number; gone: Promise<void> },
): Promise<Result<unknown, Refusal>> {
  let heard: (said: Answered) => void = () => undefined;
  let timer: NodeJS.Timeout | undefined;
  child.ref();
  child.channel?.ref();
  try {
    return await Promise.race([
      new Promise<Result<unknown, Refusal>>((resolve) => {
        heard = ({ id, answer }) => id === asked.id && resolve(ok(answer));
        child.on('message', heard as never);
        child.send(asked, (fault) => fault && resolve(broken()));
      }),
      gone.then(broken),
      new Promise<Result<never, Refusal>>((resolve) => {
        timer = setTimeout(() => resolve(tooLong(withinMs)), withinMs);
      }),
    ]);
  } finally {
    clearTimeout(timer);
    child.off('message', heard as never);
    child.unref();
    child.channel?.unref();
  }
}

const broken = (): Result<never, Refusal> =>
  refuse('invalid', 'NOT_DRAWN', 'draw the document: it broke what draws it, wanted an undamaged one');
const tooLong = (withinMs: number): Result<never, Refusal> =>
  refuse('invalid', 'DRAWING_TOO_LONG', `draw the document: it took more than ${withinMs / 1_000} s`);
