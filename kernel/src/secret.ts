import { inspect } from 'node:util';

const PRINTED = '[secret]';

/** Holds a secret so that no log line, error, JSON body or template can print it; only `reveal()` gives it out. */
export class Secret {
  readonly #value: string;
  constructor(value: string) {
    this.#value = value;
  }
  reveal(): string {
    return this.#value;
  }
  toString(): string {
    return PRINTED;
  }
  toJSON(): string {
    return PRINTED;
  }
  [inspect.custom](): string {
    return PRINTED;
  }
}
