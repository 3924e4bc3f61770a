/** What a device usually does and what it does now, hour by hour: what the device page draws. */
import type { Behaviour } from '@cityward/contracts';
import { HOUR_MS } from '@cityward/kernel';
import { plainNode } from './address.ts';
import { bandAt, slotOf } from './band.ts';
import { bandNow, valueNow } from './hours.ts';
import { decodeValue, MEASURE_COUNT, MEASURES, NO_VALUE } from './measures.ts';
import { LEARNING_HOURS, RING_HOURS } from './parameters.ts';
import { peersOf, strayOf } from './peers.ts';
import { kindOfRow, type WatchState } from './state.ts';
import { LISTED, MARK_SIMULATED, NOW_REAL } from './table.ts';

type Hour = Behaviour['measures'][number]['hours'][number];

/** The last 14 days of a device up to the running hour; null for a device that was never seen. */
export function behaviourOf(state: WatchState, device: string): Behaviour | null {
  const row = state.table.indexOf.get(device);
  if (row === undefined) return null;
  const { columns } = state.table;
  const learned = columns.learned[row]!;
  return {
    device,
    learning: learned < LEARNING_HOURS,
    learnedHours: learned,
    neededHours: LEARNING_HOURS,
    measures: MEASURES.map((measure, at) => ({
      name: measure.name,
      unit: measure.unit,
      hours: columns.hour[row]! < 0 ? [] : hoursOf(state, row, at),
    })),
    peers: peersOf(state.table, row).map((peer) => ({
      peer: plainNode(state.nodes.names[peer.node]!),
      port: peer.port,
      firstSeen: peer.firstHour * HOUR_MS,
      lastSeen: peer.lastHour * HOUR_MS,
      count: peer.count,
      usualForKind: !peer.own,
    })),
  };
}

function hoursOf(state: WatchState, row: number, measure: number): Hour[] {
  const { columns } = state.table;
  const running = columns.hour[row]!;
  const bands = bandsOfDays(state, row, { running, measure });
  const hours: Hour[] = [];
  for (let hour = Math.max(columns.firstHour[row]!, running - RING_HOURS + 1); hour < running; hour++) {
    const slot = row * RING_HOURS + slotOf(hour);
    const byte = columns.ring[slot * MEASURE_COUNT + measure]!;
    const value = byte === NO_VALUE ? null : decodeValue(measure, byte);
    const simulated = (columns.marks[slot]! & MARK_SIMULATED) !== 0;
    hours.push({ at: hour * HOUR_MS, value, ...bands(hour), simulated });
  }
  const band = bandNow(state, row, measure);
  const simulated = !(columns.now[row]! & NOW_REAL) && (columns.flags[row]! & LISTED) !== 0;
  hours.push({ at: running * HOUR_MS, value: valueNow(state, row, measure), ...edges(band), simulated });
  return hours;
}

const edges = (band: { low: number; high: number } | null): Pick<Hour, 'low' | 'high'> =>
  band === null ? { low: null, high: null } : { low: Math.max(0, Math.round(band.low)), high: Math.round(band.high) };

/** A band depends on the hour of day and on the kind of day: 48 of them, each worked out once. */
function bandsOfDays(
  state: WatchState,
  row: number,
  at: { running: number; measure: number },
): (hour: number) => Pick<Hour, 'low' | 'high'> {
  const known = new Map<number, Pick<Hour, 'low' | 'high'>>();
  return (hour) => {
    const week = hour % (7 * 24);
    let band = known.get(week);
    if (!band) {
      const kindStray = strayOf(kindOfRow(state, row), at.measure);
      const place = { hour, last: at.running - 1, measure: at.measure, kindStray };
      band = edges(bandAt(state.table.columns, row, place));
      known.set(week, band);
    }
    return band;
  };
}
