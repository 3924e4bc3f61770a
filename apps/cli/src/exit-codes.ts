/** Stable exit codes: scripts may rely on them. */
export const EXIT = {
  done: 0,
  /** The city or the evidence said no: refused, not found, conflict. */
  refused: 1,
  /** The command was not understood. */
  usage: 2,
  /** No city answers on the local socket. */
  unreachable: 3,
  /** Evidence does not verify. */
  notVerified: 4,
} as const;

/** Ends the command with a message on standard error. */
export class CommandFault extends Error {
  override readonly name = 'CommandFault';
  readonly exit: number;
  constructor(exit: number, message: string) {
    super(message);
    this.exit = exit;
  }
}
