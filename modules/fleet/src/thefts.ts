/** Stolen devices: blocked before anything else, what they held listed, and an alarm whenever one tries to come in. */
import type { Theft } from '@cityward/contracts';
import { MINUTE_MS, ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import { heldOf } from './domain/gate/held.ts';
import type { LeavingNeeds } from './leaving-needs.ts';
import * as store from './store-leaving.ts';

/** One that knocks without end is told once a minute for each door, with how often. */
const TOLD_EVERY_MS = MINUTE_MS;
/** Doors, and reasons for which it is refused there, that are told apart. */
const DOORS_MAX = 50;
const OTHER_DOORS = 'another';

export interface Thefts {
  start(): Promise<void>;
  report(device: string, because: { readonly reason: string; readonly by: string }): Promise<Result<Theft, Refusal>>;
  /** Somebody who shows the certificate or the name of this device was turned away. Cheap for all that are not stolen. */
  turnedAway(device: string, how: string): void;
}

export function createThefts(needs: LeavingNeeds): Thefts {
  const { sql, clock, log, ports } = needs;
  const stolen = new Map<string, Map<string, { told: number; times: number }>>();
  return {
    start: async () => {
      for (const device of await store.stolenDevices(sql)) stolen.set(device, new Map());
    },
    report: async (device, because) => {
      if (!ports.hardware(device))
        return refuse('not-found', 'DEVICE_UNKNOWN', `report "${device}" stolen: the city has no such device`);
      const held = heldOf(ports.held(device));
      // First of all: in force, and on disk, before a row is written.
      const blocked = await ports.revoke(device, because);
      if (!blocked.ok && blocked.error.code !== 'DEVICE_ENDED') return blocked;
      const at = clock();
      const theft: Theft = { device, at, by: because.by, reason: because.reason, seen: 0, last: null, held };
      await sql.transact(async (tx) => {
        await store.putTheft(tx, theft);
        await needs.gate.forget(tx, device);
        const data = { reason: because.reason, datasets: held.datasets.map(({ id }) => id), people: held.people };
        tx.record({ module: 'fleet', type: 'device.stolen', actor: because.by, subject: device, at, data });
      });
      stolen.set(device, new Map());
      return ok((await store.theftBy(sql, device)) ?? theft);
    },
    turnedAway: (device, how) => {
      const doors = stolen.get(device);
      if (!doors) return;
      const door = doors.has(how) || doors.size < DOORS_MAX ? how : OTHER_DOORS;
      const one = doors.get(door) ?? { told: 0, times: 0 };
      doors.set(door, one);
      one.times++;
      const at = clock();
      if (at - one.told < TOLD_EVERY_MS) return;
      const { times } = one;
      Object.assign(one, { told: at, times: 0 });
      ports.alarm(device, `it was reported stolen and tried to come in (${how})`);
      sql
        .transact(async (tx) => {
          await store.seeStolen(tx, device, { times, at, how });
          const data = { reason: how, times };
          tx.record({ module: 'fleet', type: 'stolen-device.seen', actor: device, subject: device, at, data });
        })
        .catch((fault: unknown) =>
          log.warn('a stolen device is not in the evidence', { device, fault: String(fault) }),
        );
    },
  };
}
