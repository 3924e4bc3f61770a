/** Brings requests to where recipients answer. An answer that is not signed as wanted is none: it is tried again. */
import { RECIPIENT_ANSWER_MAX_BYTES, SignedReceipt, type RecipientRequestShown } from '@cityward/contracts';
import type { Refusal, Result } from '@cityward/kernel';
import { Value } from 'typebox/value';
import { nextTry } from '../domain/recipient.ts';
import { fileOf, type RecipientParts } from './recipients.ts';
import * as store from './recipient-store.ts';

/** At once; the others wait for the next round. */
const PER_ROUND = 10;
const FAULT_CHARS_MAX = 300;

type Take = (id: string, receipt: SignedReceipt) => Promise<Result<RecipientRequestShown, Refusal>>;

export function createCourier(parts: RecipientParts, take: Take): { send(): Promise<void> } {
  const { sql, clock, send } = parts;
  return {
    send: async () => {
      if (!send) return;
      const rows = await store.toSend(sql, clock(), PER_ROUND);
      await Promise.all(rows.map((row) => bring(parts, row, take)));
    },
  };
}

async function bring({ sql, clock, send }: RecipientParts, row: store.RequestRow, take: Take): Promise<void> {
  const url = (await store.readRecipient(sql, row.recipient))?.url ?? null;
  if (url === null) return store.saveTry(sql, { ...row, next_try: null });
  const fault = await send!(url, JSON.stringify(fileOf(row)), RECIPIENT_ANSWER_MAX_BYTES)
    .then((answer) => read(answer, (receipt) => take(row.id, receipt)))
    .catch((thrown: unknown) => (thrown as Error).message);
  if (fault === null) return;
  const tries = row.tries + 1;
  await store.saveTry(sql, {
    id: row.id,
    tries,
    next_try: nextTry(tries, clock()),
    fault: fault.slice(0, FAULT_CHARS_MAX),
  });
}

/** Why it is no answer; `null` where it was taken. */
async function read(
  { status, body }: { readonly status: number; readonly body: string },
  take: (receipt: SignedReceipt) => Promise<Result<unknown, Refusal>>,
): Promise<string | null> {
  if (status === 202) return 'it has it, and answers later';
  if (status !== 200) return `it answered ${status}`;
  const receipt: unknown = JSON.parse(body);
  if (!Value.Check(SignedReceipt, receipt)) return 'its answer is no receipt';
  const taken = await take(receipt);
  return taken.ok ? null : taken.error.message;
}
