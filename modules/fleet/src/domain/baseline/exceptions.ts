/** An exception: somebody answers for a control that is not met, for a reason and until a day. It ends by itself. */
import { DEVICE_CLASSES } from '@cityward/contracts';
import { DAY_MS, ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import type { Catalogue } from './catalogue.ts';

export const EXCEPTION_MAX_MS = 366 * DAY_MS;
export const EXCEPTION_SCOPES = ['device', 'site', 'class'] as const;

export interface Exception {
  readonly id: string;
  readonly control: string;
  readonly scope: (typeof EXCEPTION_SCOPES)[number];
  readonly key: string;
  /** Who answers for it: a person or a party of the city. */
  readonly owner: string;
  readonly reason: string;
  readonly by: string;
  readonly at: number;
  readonly until: number;
}
export type ExceptionDraft = Omit<Exception, 'id' | 'at'>;
export type ExceptionRefusal = Refusal<'CONTROL_UNKNOWN' | 'EXCEPTION_END' | 'EXCEPTION_SCOPE' | 'EXCEPTION_OWNER'>;

interface Where {
  readonly id: string;
  readonly site: string | null;
  readonly class: string;
}

export function checkException(
  draft: ExceptionDraft,
  { catalogue, now }: { readonly catalogue: Catalogue; readonly now: number },
): Result<void, ExceptionRefusal> {
  const except = `except control "${draft.control}"`;
  const found = catalogue.control(draft.control);
  if (!found) return refuse('not-found', 'CONTROL_UNKNOWN', `${except}: there is no such control`);
  if (draft.until <= now || draft.until > now + EXCEPTION_MAX_MS)
    return refuse('invalid', 'EXCEPTION_END', `${except} until ${draft.until}: an end within the next year is wanted`);
  if (draft.scope === 'class' && !(found.set.classes as readonly string[]).includes(draft.key))
    return refuse(
      'invalid',
      'EXCEPTION_SCOPE',
      `${except} for class "${draft.key}": wanted a class of its set, ${DEVICE_CLASSES.filter((one) => found.set.classes.includes(one)).join(', ')}`,
    );
  if (draft.owner.trim() === '') return refuse('invalid', 'EXCEPTION_OWNER', `${except}: somebody must answer for it`);
  return ok(undefined);
}

export const isInForce = ({ at, until }: Exception, now: number): boolean => at <= now && now < until;

export const covers = ({ scope, key }: Exception, { id, site, class: kind }: Where): boolean =>
  key === (scope === 'device' ? id : scope === 'site' ? site : kind);

/** Exceptions in force, found by where a device is. */
export function indexExceptions(all: readonly Exception[], now: number) {
  const byScope = new Map<string, Set<string>>();
  for (const one of all) {
    if (!isInForce(one, now)) continue;
    const key = `${one.scope}/${one.key}`;
    const controls = byScope.get(key) ?? new Set<string>();
    controls.add(one.control);
    byScope.set(key, controls);
  }
  if (byScope.size === 0) return () => false;
  return ({ id, site, class: kind }: Where, control: string): boolean =>
    [`device/${id}`, `site/${site}`, `class/${kind}`].some((key) => byScope.get(key)?.has(control) ?? false);
}
