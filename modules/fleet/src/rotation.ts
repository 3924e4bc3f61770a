/** How old credentials and certificates are, which are due, and the changes that renew them in bulk. */
import {
  SELECTED_DEVICES_MAX,
  type BaselineSelection,
  type Change,
  type ChangeDraft,
  type DeviceClass,
  type JobReport,
  type Rotation,
} from '@cityward/contracts';
import { DAY_MS, ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import type { BaselineNeeds } from './baseline-needs.ts';
import { EVERYBODY, type Register, type Wanted } from './baseline-register.ts';
import { loadRotations, saveRotation, type RotationRow } from './store-baseline.ts';

export type Rotated = RotationRow['what'];
/** A set of credentials lives so long. */
export const CREDENTIALS_LIVE_MS = 90 * DAY_MS;
/** Certificates live for ninety days, and are renewed at two thirds of that. */
const RENEWED_BEFORE_MS = 30 * DAY_MS;
const SOON_MS = 30 * DAY_MS;
const PAGE_DEFAULT = 200;
const CHANGES_SHOWN_MAX = 20;
const CHANGE_MS = 7 * DAY_MS;

export interface Rotations {
  start(): Promise<void>;
  view(page: PageAsked): Promise<Rotation>;
  plan(
    order: {
      readonly what: Rotated;
      readonly selection: BaselineSelection;
      readonly dueOnly: boolean;
      readonly options?: ChangeDraft['options'];
    },
    by: string,
  ): Promise<Result<Change[], Refusal>>;
  /** A device is done with a job: remembered where it was a rotation. */
  done(device: string, report: Pick<JobReport, 'job' | 'at'>, what: Rotated): Promise<void>;
}
export interface PageAsked {
  /** `next` of the page before. */
  readonly after?: string;
  readonly limit?: number;
}
interface Age {
  readonly device: string;
  readonly class: DeviceClass;
  readonly what: Rotated;
  readonly since: number | null;
  readonly due: number | null;
  readonly change: string | null;
}

export function createRotations({
  needs,
  register,
}: {
  readonly needs: BaselineNeeds;
  readonly register: Register;
}): Rotations {
  const known = new Map<string, RotationRow>();
  const ages = (what: Rotated, wanted: Wanted): Age[] =>
    [...register.standings(wanted)].flatMap(({ id, class: kind, set }) => {
      // Only what a gateway signs in to has credentials besides its certificate.
      if (what === 'credentials' && set.reader !== 'gateway') return [];
      return [{ device: id, class: kind, what, ...ageOf(needs, known, { device: id, what }) }];
    });
  return {
    start: async () => {
      for (const row of await loadRotations(needs.sql)) known.set(`${row.what} ${row.device}`, row);
    },
    view: async (page) => {
      const all = [...ages('credentials', EVERYBODY), ...ages('certificate', EVERYBODY)];
      const changes = (await needs.changes())
        .filter(({ action }) => action.do === 'rotate')
        .slice(0, CHANGES_SHOWN_MAX);
      return {
        rows: rowsOf(all, needs.clock()),
        ...pageOf(all, page),
        changes: [...changes],
      };
    },
    plan: ({ what, selection, dueOnly, options = {} }, by) => {
      const now = needs.clock();
      const meant = ages(what, selection).filter(({ due }) => !dueOnly || due === null || due <= now + SOON_MS);
      return planRotation(needs, { what, meant: meant.map(({ device }) => device), dueOnly, options, by });
    },
    done: async (device, { job, at }, what) => {
      if (known.get(`${what} ${device}`)?.change === job) return; // told twice
      const row: RotationRow = { device, what, since: Math.min(at, needs.clock()), change: job };
      await needs.sql.transact(async (tx) => {
        await saveRotation(tx, row);
        const data = { what, change: job };
        tx.record({
          module: 'fleet',
          type: 'credentials.rotated',
          actor: device,
          subject: device,
          at: needs.clock(),
          data,
        });
      });
      known.set(`${what} ${device}`, row);
    },
  };
}

interface Planning {
  readonly what: Rotated;
  readonly meant: readonly string[];
  readonly dueOnly: boolean;
  readonly options: ChangeDraft['options'];
  readonly by: string;
}

/** A change names at most so many devices; more become more changes. */
async function planRotation(
  needs: BaselineNeeds,
  { what, meant, dueOnly, options, by }: Planning,
): Promise<Result<Change[], Refusal>> {
  if (meant.length === 0)
    return refuse(
      'conflict',
      'NOTHING_TO_ROTATE',
      `rotate ${what}: none of the devices meant has any${dueOnly ? ' that is due' : ''}`,
    );
  const changes: Change[] = [];
  for (let from = 0; from < meant.length; from += SELECTED_DEVICES_MAX) {
    const devices = meant.slice(from, from + SELECTED_DEVICES_MAX);
    const added = await needs.add(
      { ...draftOf(what, devices, needs.clock()), options: { ...options, lifeSafety: false } },
      by,
    );
    if (!added.ok) return added;
    changes.push(...added.value);
  }
  return ok(changes);
}

function ageOf(
  { world }: BaselineNeeds,
  known: ReadonlyMap<string, RotationRow>,
  { device, what }: { readonly device: string; readonly what: Rotated },
): Pick<Age, 'since' | 'due' | 'change'> {
  const row = known.get(`${what} ${device}`);
  const change = row?.change ?? null;
  if (what === 'credentials')
    return { since: row?.since ?? null, due: row ? row.since + CREDENTIALS_LIVE_MS : null, change };
  const until = world.certificateUntil(device);
  return { since: row?.since ?? null, due: until === null ? null : until - RENEWED_BEFORE_MS, change };
}

/** Where one stands among all: those that are due first, and of an age that nobody knows before them. */
type Place = Pick<Age, 'due' | 'what' | 'device'>;
const compare = (a: Place, b: Place): number =>
  (a.due ?? 0) - (b.due ?? 0) || order(a.what, b.what) || order(a.device, b.device);
const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const cursorOf = ({ due, what, device }: Place): string => `${due ?? 0}.${what}.${device}`;

function placeIn(cursor: string): Place {
  const [due, what, device] = cursor.split('.') as [string, Rotated, string];
  return { due: Number(due), what, device };
}

/** By place and not by number: what is renewed between two pages moves nothing past the reader. */
function pageOf(all: readonly Age[], { after, limit = PAGE_DEFAULT }: PageAsked): Pick<Rotation, 'devices' | 'next'> {
  const last = after === undefined ? null : placeIn(after);
  const rest = all.filter((one) => last === null || compare(one, last) > 0).sort(compare);
  const page = rest.slice(0, limit);
  return {
    devices: page.map(({ device, what, since, due, change }) => ({ device, what, since, due, change })),
    next: rest.length > limit ? cursorOf(page.at(-1)!) : null,
  };
}

function rowsOf(ages: readonly Age[], now: number): Rotation['rows'] {
  const rows = new Map<
    string,
    { -readonly [Name in keyof Rotation['rows'][number]]: Rotation['rows'][number][Name] }
  >();
  for (const { class: kind, what, since, due } of ages) {
    const key = `${what} ${kind}`;
    const row = rows.get(key) ?? { class: kind, what, devices: 0, unknown: 0, overdue: 0, soon: 0, oldest: null };
    rows.set(key, row);
    row.devices++;
    if (due === null) row.unknown++;
    else if (due <= now) row.overdue++;
    else if (due <= now + SOON_MS) row.soon++;
    if (since !== null) row.oldest = Math.min(row.oldest ?? since, since);
  }
  return [...rows.values()];
}

const NAMES: Readonly<Record<Rotated, string>> = { credentials: 'credentials', certificate: 'certificates' };

const draftOf = (what: Rotated, devices: string[], now: number): ChangeDraft => ({
  title: `New ${NAMES[what]} for ${devices.length} ${devices.length === 1 ? 'device' : 'devices'}`,
  action: { do: 'rotate', what },
  // New keys cannot be taken back: the old ones are gone, and should be.
  revert: null,
  selection: { classes: [], models: [], wards: [], sites: [], running: [], devices },
  options: {},
  tracks: [],
  notBefore: now,
  notAfter: now + CHANGE_MS,
});
