/** The gate opens once that is written down, and what could not be written is tried again. */
import { expect, it } from 'vitest';
import type { Millis } from '@cityward/kernel';
import type { WitnessSaid } from '../needs.ts';
import { Gate } from './gate.ts';

const SIGNED = { name: 'witness.example', state: 'agrees', cosigned: 8 } as WitnessSaid;

it('tries again at the next word of a witness where it could not be written down, and opens once', async () => {
  const listeners = new Set<() => void>();
  const faults: unknown[] = [];
  let isFull = true;
  let written = 0;
  const gate = new Gate({
    clock: () => 1 as Millis,
    ledger: {
      witnesses: () => [SIGNED],
      onWitness: (listener) => (listeners.add(listener), () => listeners.delete(listener)),
    },
    passed: () => {
      if (isFull) return Promise.reject(new Error('ENOSPC'));
      written++;
      return Promise.resolve();
    },
    onFault: (fault) => void faults.push(fault),
  });
  const turn = () => new Promise((done) => setImmediate(done));
  gate.waitForWitness(7, 'sql-other');
  await turn();
  expect([gate.isOpen, faults.length, listeners.size]).toEqual([false, 1, 1]);
  isFull = false;
  for (const say of [...listeners, ...listeners]) say();
  await turn();
  expect([gate.isOpen, written, listeners.size]).toEqual([true, 1, 0]);
});
