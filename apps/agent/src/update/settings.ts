/** Named settings that a signed order may move, each within bounds that the device keeps itself, whoever signed. */
import { readJson, replaceJson, type Disk } from './disk.ts';

export interface Bounds {
  readonly min: number;
  readonly max: number;
}
export interface Settings {
  /** Durable on return, and done: the same again changes nothing. Throws where there is no such setting, or beyond its bounds. */
  set(name: string, to: number): Promise<void>;
  /** As they stand; those never set are left out. */
  readonly values: Readonly<Record<string, number>>;
}

const FILE = 'settings.json';

/** @param move what moves it in the street; resolves once it has moved */
export function openSettings(
  disk: Disk,
  bounds: Readonly<Record<string, Bounds>>,
  move: (name: string, to: number) => Promise<void>,
): Settings {
  const read = (): Record<string, number> => {
    const kept = (readJson(disk, FILE) ?? {}) as Record<string, unknown>;
    const numbers = Object.entries(kept).filter((entry): entry is [string, number] => typeof entry[1] === 'number');
    return Object.fromEntries(numbers.filter(([name]) => Object.hasOwn(bounds, name)));
  };
  return {
    set: async (name, to) => {
      const limits = Object.hasOwn(bounds, name) ? bounds[name] : undefined;
      if (!limits) throw new Error(`set "${name}": this device has no such setting`);
      const { min, max } = limits;
      if (!(to >= min && to <= max)) throw new Error(`set "${name}" to ${to}: this device allows ${min} to ${max}`);
      await move(name, to);
      replaceJson(disk, FILE, { ...read(), [name]: to });
    },
    get values() {
      return read();
    },
  };
}
