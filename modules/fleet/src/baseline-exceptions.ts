/** Exceptions: granted with an owner and an end, ended by themselves or before their time, each a fact. */
import type { BaselineException } from '@cityward/contracts';
import { newId, ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import type { BaselineNeeds } from './baseline-needs.ts';
import type { Register } from './baseline-register.ts';
import {
  checkException,
  covers,
  isInForce,
  type Exception,
  type ExceptionDraft,
} from './domain/baseline/exceptions.ts';
import { endException, EXCEPTIONS_MAX, insertException, loadExceptions } from './store-baseline.ts';

export interface Exceptions {
  start(): Promise<void>;
  list(): BaselineException[];
  add(draft: ExceptionDraft): Promise<Result<BaselineException, Refusal>>;
  end(id: string, by: string, reason: string): Promise<Result<BaselineException, Refusal>>;
  /** Those whose day has come end. */
  tick(): Promise<void>;
}

interface Parts {
  readonly needs: BaselineNeeds;
  readonly register: Register;
}

export function createExceptions({ needs, register }: Parts): Exceptions {
  const { clock } = needs;
  const { exceptions } = register;
  const viewOf = (one: Exception): BaselineException => ({ ...one, devices: affected(needs, register, one) });
  const end = async (one: Exception, by: string, reason: string): Promise<void> => {
    await saveEnd(needs, one, { by, reason });
    exceptions.delete(one.id);
  };
  return {
    start: async () => {
      for (const one of await loadExceptions(needs.sql)) exceptions.set(one.id, one);
    },
    list: () =>
      [...exceptions.values()]
        .filter((one) => isInForce(one, clock()))
        .sort((a, b) => a.until - b.until)
        .map(viewOf),
    add: async (draft) => {
      const checked = checkDraft({ needs, register }, draft);
      if (!checked.ok) return checked;
      const one: Exception = { ...draft, id: newId<string>('exc'), at: clock() };
      await saveNew(needs, one);
      exceptions.set(one.id, one);
      return ok(viewOf(one));
    },
    end: async (id, by, reason) => {
      const one = exceptions.get(id);
      if (!one || !isInForce(one, clock()))
        return refuse('not-found', 'EXCEPTION_UNKNOWN', `end exception "${id}": none of that id is in force`);
      await end(one, by, reason);
      return ok(viewOf(one));
    },
    tick: async () => {
      for (const one of [...exceptions.values()])
        if (one.until <= clock()) await end(one, 'system', 'its time was over');
    },
  };
}

function checkDraft({ needs, register }: Parts, draft: ExceptionDraft): Result<void, Refusal> {
  const checked = checkException(draft, { catalogue: needs.catalogue, now: needs.clock() });
  if (!checked.ok) return checked;
  const except = `except control "${draft.control}"`;
  if (draft.scope === 'device' && !register.knows(draft.key))
    return refuse('not-found', 'DEVICE_UNKNOWN', `${except} for "${draft.key}": there is no such device`);
  if (register.exceptions.size >= EXCEPTIONS_MAX)
    return refuse('conflict', 'TOO_MANY_EXCEPTIONS', `${except}: ${EXCEPTIONS_MAX} are in force already`);
  return ok(undefined);
}

async function saveNew({ sql }: BaselineNeeds, one: Exception): Promise<void> {
  const { scope, key, owner, reason, until, by, control, at } = one;
  const data = { exception: one.id, scope, key, owner, reason, until };
  await sql.transact(async (tx) => {
    await insertException(tx, one);
    tx.record({ module: 'fleet', type: 'baseline.excepted', actor: by, subject: control, at, data });
  });
}

async function saveEnd(
  { sql, clock }: BaselineNeeds,
  one: Exception,
  { by, reason }: { readonly by: string; readonly reason: string },
): Promise<void> {
  const at = clock();
  const data = { exception: one.id, scope: one.scope, key: one.key, owner: one.owner, reason };
  await sql.transact(async (tx) => {
    await endException(tx, one.id, at);
    tx.record({ module: 'fleet', type: 'baseline.exception-ended', actor: by, subject: one.control, at, data });
  });
}

/** Devices that would fail without it. */
function affected({ catalogue }: BaselineNeeds, register: Register, one: Exception): number {
  const found = catalogue.control(one.control);
  if (!found) return 0;
  let count = 0;
  for (const device of register.standings({ classes: found.set.classes, sites: [], devices: [] }))
    if (covers(one, device) && device.stateOf(found.at) === 'failed') count++;
  return count;
}
