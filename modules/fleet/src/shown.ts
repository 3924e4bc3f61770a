/** What each device says that it is and runs, as last heard, and what the last change left on it. */
import { CompiledQuery } from 'kysely';
import type { Clock } from '@cityward/kernel';
import type { Sql } from '@cityward/sql';

/** What a device says of itself; null is not said. */
export interface Says {
  readonly firmware: string | null;
  readonly document: string | null;
  readonly hardware?: string | null | undefined;
  /** Version of the officers' document that it trusts. */
  readonly officers?: number | null | undefined;
}
export interface Shown {
  readonly firmware: string | null;
  readonly document: string | null;
  readonly hardware: string | null;
  readonly officers: number | null;
  /** Firmware that the last change which ended well left on it; null before any did. */
  readonly expected: string | null;
}
export interface ShownStates {
  start(): Promise<void>;
  stop(): Promise<void>;
  of(device: string): Shown | null;
  /** Remembers what it says; what it does not say stays as it was. */
  says(device: string, says: Says): void;
  /** Other hardware stands there now. */
  forget(device: string): Promise<void>;
  /** A change ended well there, and left this firmware. */
  expects(device: string, firmware: string): void;
  /** Devices that trust each version of the officers' document. */
  byOfficers(): ReadonlyMap<number, number>;
}

const SAVE_EVERY_MS = 5_000;
const ROWS_PER_STATEMENT = 5_000;
const NOTHING: Shown = { firmware: null, document: null, hardware: null, officers: null, expected: null };

export function createShown({ sql, clock }: { readonly sql: Sql; readonly clock: Clock }): ShownStates {
  const all = new Map<string, Shown>();
  const unsaved = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  const put = (device: string, said: Partial<Shown>): void => {
    const before = all.get(device) ?? NOTHING;
    const fresh = Object.entries(said).filter(
      ([name, value]) => value != null && value !== before[name as keyof Shown],
    );
    if (fresh.length === 0) return;
    all.set(device, { ...before, ...Object.fromEntries(fresh) });
    unsaved.add(device);
  };
  const save = async (): Promise<void> => {
    const devices = [...unsaved];
    unsaved.clear();
    try {
      await saveAll(
        sql,
        devices.map((device) => ({ device, ...all.get(device)! })),
        clock(),
      );
    } catch {
      for (const device of devices) unsaved.add(device); // with the next save
    }
  };
  return {
    start: async () => {
      const text = 'select device, firmware, document, hardware, officers, expected from fleet.running';
      const { rows } = await sql.for().executeQuery<Shown & { device: string }>(CompiledQuery.raw(text, []));
      for (const { device, ...shown } of rows) all.set(device, shown);
      timer = setInterval(() => void save(), SAVE_EVERY_MS);
      timer.unref();
    },
    stop: async () => {
      clearInterval(timer);
      await save();
    },
    of: (device) => all.get(device) ?? null,
    says: (device, { firmware, document, hardware = null, officers = null }) =>
      put(device, { firmware, document, hardware, officers }),
    forget: async (device) => {
      all.delete(device);
      unsaved.delete(device);
      await sql.for().executeQuery(CompiledQuery.raw('delete from fleet.running where device = $1', [device]));
    },
    expects: (device, expected) => put(device, { expected }),
    byOfficers: () => {
      const counts = new Map<number, number>();
      for (const { officers } of all.values())
        if (officers !== null) counts.set(officers, (counts.get(officers) ?? 0) + 1);
      return counts;
    },
  };
}

async function saveAll(sql: Sql, rows: readonly (Shown & { device: string })[], at: number): Promise<void> {
  const names = 'firmware, document, hardware, officers, expected';
  const updates = names.split(', ').map((name) => `${name} = excluded.${name}`);
  for (let from = 0; from < rows.length; from += ROWS_PER_STATEMENT) {
    const text = `insert into fleet.running (device, ${names}, at)
       select device, ${names}, $2::bigint from json_to_recordset($1::json)
         as row (device text, firmware text, document text, hardware text, officers integer, expected text)
       on conflict (device) do update set ${updates.join(', ')}, at = excluded.at`;
    const page = JSON.stringify(rows.slice(from, from + ROWS_PER_STATEMENT));
    await sql.for().executeQuery(CompiledQuery.raw(text, [page, at]));
  }
}
