/** A million grants in memory, and decisions over them one by one. */
import { hash } from 'node:crypto';
import type { Principal } from '@cityward/contracts';
import { DAY_MS, seeded, systemClock } from '@cityward/kernel';
import { silentLog } from '@cityward/log';
import { createPolicy } from '@cityward/policy';
import { byConsent, destroyedBar, GrantBook, judge, ownRecord, type DecidingParts } from '@cityward/vault/testing';
import { answer } from '../ingest/plan.ts';

const CATEGORIES = ['blood-tests', 'notes', 'x-rays', 'prescriptions', 'letters'];
const subjectOf = (i: number): string => `sub-${String(i).padStart(6, '0')}`;
const doctorOf = (i: number): string => `per-${String(i).padStart(6, '0')}`;
const LETTERS = '0123456789abcdefghjkmnpqrstvwxyz';
/** As random as ids are, and the same each time. */
const conOf = (i: number): string =>
  `con-${Array.from(hash('sha256', String(i), 'buffer').subarray(0, 16), (byte) => LETTERS[byte & 31]!).join('')}`;
/** Everybody works somewhere: a decision looks for what is for a role there too. */
const postsOf = (person: string) => [{ organisation: `party-${person.slice(-2)}`, role: 'doctor' }] as const;
let book: GrantBook;

/** Each subject lets as many doctors see one category each as there are grants for. */
function fill({ grants, subjects, doctors }: { grants: number; subjects: number; doctors: number }) {
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  const random = seeded('bench/vault');
  const now = Date.now();
  book = new GrantBook();
  for (let i = 0; i < grants; i++) {
    const subject = subjectOf(i % subjects);
    book.add({
      grant: {
        id: conOf(i),
        subject,
        grantee: { person: doctorOf(random.int(doctors)), organisation: null, role: null },
        scope: { of: 'categories', categories: [random.pick(CATEGORIES)] },
        rights: ['view', 'text'],
        purpose: 'TREAT',
        from: now - DAY_MS,
        until: now + DAY_MS,
        uses: null,
        used: 0,
        depth: 0,
        parent: null,
        refrains: [],
        state: { is: 'standing' },
      },
      given: { at: now, by: subject },
    });
  }
  globalThis.gc?.();
  return { rssMb: (process.memoryUsage().rss - before) / 1e6, size: book.size };
}

function decide({ decisions, subjects, doctors }: { decisions: number; subjects: number; doctors: number }) {
  const policy = createPolicy({ log: silentLog, onFault: ({ faults }) => fail(faults) });
  const written = new Set<string>();
  const parts: DecidingParts = {
    grounds: [
      ownRecord,
      byConsent({
        clock: systemClock,
        postsOf: (person) => postsOf(person),
        consents: {
          from: (...pair) => book.from(...pair),
          now: (id) => book.get(id),
          use: () => Promise.resolve(true),
        },
        // Of most people nothing is recorded that would change a decision: that is looked up each time.
        lives: { isWritten: (subject) => written.has(subject), consentAgainst: () => null },
      }),
    ],
    bars: [destroyedBar({ isDoomed: () => false })],
    may: (...asked) =>
      policy.decide(...asked).allow
        ? { ok: true, value: undefined }
        : { ok: false, error: { kind: 'forbidden', code: 'NOT_ALLOWED', message: '' } },
  };
  const random = seeded('bench/vault/decisions');
  // Half are about somebody who let the one who asks see something.
  const asked = Array.from({ length: decisions }, (_, i) => {
    const known = i % 2 === 0 ? book.get(conOf(random.int(book.size)))!.grant : null;
    const subject = known?.subject ?? subjectOf(random.int(subjects));
    const id = known?.grantee.person ?? doctorOf(random.int(doctors));
    const attributes = { signedInBy: 'passkey', trust: 90, trustLevel: 'full' };
    const principal: Principal = { type: 'Person', id, roles: [], attributes };
    const head = { id: 'rec-1', subject, category: random.pick(CATEGORIES), isDestroyed: false };
    return [{ record: 'rec-1', purpose: 'TREAT', right: 'text', principal }, head] as const;
  });
  const times = new Float64Array(decisions);
  let allowed = 0;
  for (const [i, [look, head]] of asked.entries()) {
    const began = performance.now();
    const { may } = judge(parts, look, head);
    times[i] = (performance.now() - began) * 1_000;
    if (may) allowed++;
  }
  return { times, allowed };
}
function fail(faults: readonly string[]): never {
  throw new Error(faults.join('; '));
}

answer({ fill, decide });
