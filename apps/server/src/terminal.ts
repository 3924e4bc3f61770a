/** What a person sees in the terminal while Cityward starts: one line a step, calm, NO_COLOR respected. */
export interface Terminal {
  /** Runs one step and shows its name, then its time or its failure. */
  step<T>(name: string, work: () => Promise<T>): Promise<T>;
  say(text: string): void;
  refuse(title: string, faults: readonly string[]): void;
}

export function createTerminal(out: NodeJS.WriteStream, env: Readonly<Record<string, string | undefined>>): Terminal {
  const colourful = out.isTTY && !env['NO_COLOR'];
  const paint = (code: number, text: string): string => (colourful ? `\u001b[${code}m${text}\u001b[0m` : text);
  const say = (text: string): void => void out.write(`${text}\n`);
  return {
    say,
    step: async (name, work) => {
      const began = performance.now();
      if (colourful) out.write(`  ${paint(90, '…')} ${name}`);
      try {
        const value = await work();
        const seconds = ((performance.now() - began) / 1_000).toFixed(1);
        out.write(`${colourful ? '\r' : ''}  ${paint(32, '✓')} ${name} ${paint(90, `${seconds} s`)}\n`);
        return value;
      } catch (error) {
        out.write(`${colourful ? '\r' : ''}  ${paint(31, '✗')} ${name}\n`);
        throw error;
      }
    },
    refuse: (title, faults) => {
      say(paint(31, title));
      for (const fault of faults) say(`  - ${fault}`);
    },
  };
}
