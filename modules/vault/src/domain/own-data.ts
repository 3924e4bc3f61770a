/** Classes of personal data that the city's own sensors make: what each is, why, how long, and who may ask. As data; pure. */
import { SIGHTING_CLASSES } from '@cityward/contracts';

export interface OwnDataClass {
  readonly what: string;
  readonly purpose: string;
  /** Law and clause. */
  readonly basis: string;
  readonly pseudonymised: boolean;
  /** `record`: in the vault, each under a key of its own. `segments`: as pseudonyms, in files that end by age. */
  readonly keptAs: 'record' | 'segments';
  readonly keptDays: number;
  readonly archive: string;
  readonly destruction: string;
  readonly mayAsk: readonly string[];
}
export interface OwnData {
  readonly classes: { readonly [name: string]: OwnDataClass };
}

const KEPT_MAX_DAYS = 3_650;

/** Each named; a file with one is not used at all. */
export function faultsOfOwnData({ classes }: OwnData): readonly string[] {
  const faults = SIGHTING_CLASSES.filter((name) => !Object.hasOwn(classes, name)).map(
    (name) => `class "${name}": sensors see it, wanted it described`,
  );
  for (const [name, one] of Object.entries(classes)) {
    for (const field of ['what', 'purpose', 'basis', 'archive', 'destruction'] as const)
      if (typeof one[field] !== 'string' || one[field].trim() === '')
        faults.push(`class "${name}": wanted its ${field}`);
    if (!Number.isInteger(one.keptDays) || one.keptDays < 1 || one.keptDays > KEPT_MAX_DAYS)
      faults.push(`class "${name}": kept for "${one.keptDays}" days, wanted 1 to ${KEPT_MAX_DAYS}`);
    if (!Array.isArray(one.mayAsk) || one.mayAsk.length === 0) faults.push(`class "${name}": wanted who may ask`);
    // What is no record has no key of its own: it may only be kept as what tells nobody's name.
    if (one.keptAs === 'segments' && one.pseudonymised !== true)
      faults.push(`class "${name}": kept in segments as it is, wanted it as a pseudonym or as records`);
  }
  return faults;
}
