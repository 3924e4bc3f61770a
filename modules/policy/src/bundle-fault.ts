/** Why a bundle is refused, and where. */

export class BundleFault extends Error {
  override readonly name = 'BundleFault';
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly reason: string;
  constructor(file: string, line: number, reason: string) {
    super(`load the policy bundle: ${file}:${line}: ${reason}`);
    this.file = file;
    this.line = line;
    this.reason = reason;
  }
}

/** The line, from 1, of a place that Cedar gives in bytes of UTF-8. */
export const lineAt = (text: string, byteOffset: number): number =>
  Buffer.from(text).subarray(0, byteOffset).toString('utf8').split('\n').length;
