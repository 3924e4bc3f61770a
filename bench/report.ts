/** What a benchmark or an evaluation hands back; `run.ts` prints it as one JSON line. */
export interface Report {
  readonly name: string;
  /** Numbers by name, the unit in the name. */
  readonly figures: Readonly<Record<string, number>>;
  /** A peer's figures from the same run, interleaved. */
  readonly against?: Readonly<Record<string, number>>;
  readonly workload: Readonly<Record<string, unknown>>;
}

export interface RunOptions {
  /** A smoke run: small workload, figures that mean nothing. */
  readonly quick: boolean;
}
