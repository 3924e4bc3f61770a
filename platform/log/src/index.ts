/** Structured logging: JSON lines in files, short lines on a terminal; secrets cannot be printed. */
import { pino } from 'pino';

export { thinned, type ThinKey, type ThinLog, type ThinOptions } from './thin.ts';

/** error: somebody must act (0 in a healthy city); warn: a bounded fault that was handled; info: a step of the life cycle; debug: the rest. */
export interface Log {
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** A log whose lines all carry `part`. */
  part(part: string): Log;
}

export type LogLevel = 'error' | 'warn' | 'info' | 'debug' | 'silent';
export interface LogOptions {
  readonly level: LogLevel;
  /** Where lines go; default standard error. */
  readonly write?: (line: string) => void;
}

/** Field names whose values are never written, whatever type they have: a second net below the Secret class. */
const REDACTED = ['password', 'token', 'code', 'secret', 'passphrase', 'key', 'cookie', 'authorization', 'privateKey'];

export function createLog(options: LogOptions): Log {
  const write = options.write ?? ((line: string) => process.stderr.write(line));
  const logger = pino(
    {
      level: options.level,
      base: null,
      redact: { paths: REDACTED.flatMap((name) => [name, `*.${name}`]), censor: '[secret]' },
      timestamp: pino.stdTimeFunctions.isoTime,
    },
    { write },
  );
  return wrap(logger);
}

export const silentLog: Log = { error() {}, warn() {}, info() {}, debug() {}, part: () => silentLog };

function wrap(logger: pino.Logger): Log {
  const at =
    (level: 'error' | 'warn' | 'info' | 'debug') =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}) =>
      logger[level](fields, message);
  return {
    error: at('error'),
    warn: at('warn'),
    info: at('info'),
    debug: at('debug'),
    part: (part) => wrap(logger.child({ part })),
  };
}
