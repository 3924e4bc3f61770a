/** Which freezes hold a change back now, and how many of its devices wait because of each. */
import type { ChangeDetail } from '@cityward/contracts';
import type { Sql } from '@cityward/sql';
import { isMoving, S } from './domain/rollout/state.ts';
import { EVERYWHERE, type Freezes } from './freeze.ts';
import { isTold, type LiveChange } from './live-change.ts';
import { loadMembers, type ChangeRow } from './store-changes.ts';

/** What has not begun: it waits for its turn, for its way back, or until it is seen. */
const TO_BEGIN: ReadonlySet<number> = new Set([S.waiting, S.offline, S['revert-waiting']]);

/** These begin nothing any more, frozen or not. */
const OVER: ReadonlySet<ChangeRow['state']> = new Set(['stopped', 'rolled-back']);

export interface HeldBackNeeds {
  readonly sql: Sql;
  readonly freezes: Pick<Freezes, 'list'>;
  readonly siteOf: (device: string) => string | null;
}

export async function heldBack(
  { sql, freezes, siteOf }: HeldBackNeeds,
  row: ChangeRow,
  live: LiveChange | null,
): Promise<ChangeDetail['frozen']> {
  const inForce = freezes.list();
  if (inForce.length === 0 || OVER.has(row.state)) return [];
  const waiting = await waitingOf(sql, row, live);
  const perSite = new Map<string | null, number>();
  for (const device of waiting) {
    const site = siteOf(device);
    perSite.set(site, (perSite.get(site) ?? 0) + 1);
  }
  return inForce.flatMap(({ scope, until, reason }) => {
    const devices = scope === EVERYWHERE ? waiting.length : (perSite.get(scope) ?? 0);
    return devices === 0 ? [] : [{ scope, until, reason, devices }];
  });
}

async function waitingOf(sql: Sql, row: ChangeRow, live: LiveChange | null): Promise<readonly string[]> {
  if (live)
    return live.ids.filter(
      (_, member) =>
        TO_BEGIN.has(live.rollout.state[member]!) || (isMoving(live.rollout, member) && !isTold(live, member)),
    );
  return row.state === 'planned' ? (await loadMembers(sql, row.number)).ids : [];
}
