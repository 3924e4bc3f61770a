/**
 * Devices that came after a change was signed. Officers sign a list of devices, each with its count, and nobody may lengthen it: not
 * even for a device that fits the rule by which the list was made, since only the city knows which devices fit, and a stolen city could
 * say so of any. So the same change is prepared for those who came later, and waits for signatures of its own.
 */
import { SELECTED_DEVICES_MAX, type Change, type ChangeDraft } from '@cityward/contracts';
import { DAY_MS } from '@cityward/kernel';
import { addChange, requestOf, type ChangeNeeds } from './change-draft.ts';
import { choose } from './domain/rollout/select.ts';
import { loadChanges, loadMembers, type ChangeRow, type ChangeState } from './store-changes.ts';

/** A change of longer ago is no longer what a new device should have. */
const FOLLOWED_FOR_MS = 90 * DAY_MS;
/** Of the newest changes. */
const FOLLOWED_MAX = 20;
const FOLLOW_UP_MS = 14 * DAY_MS;
const REVERT_MS = 14 * DAY_MS;
const TITLE_MAX_CHARS = 80;
const BY = 'system';

export interface LateParts {
  readonly needs: ChangeNeeds;
  readonly view: (row: ChangeRow) => Change;
  readonly stateOf: (row: ChangeRow) => ChangeState;
}
interface Followed {
  readonly row: ChangeRow;
  readonly draft: ChangeDraft;
}

/** By a rule and not by names, and proved to the end: what was stopped or sent back is given to nobody. */
function followedIn(rows: readonly ChangeRow[], { needs, stateOf }: LateParts): Followed[] {
  const since = needs.clock() - FOLLOWED_FOR_MS;
  return rows
    .flatMap((row) => (row.draft ? [{ row, draft: row.draft }] : []))
    .filter(
      ({ row, draft: { action, selection } }) =>
        (action.do === 'install' || action.do === 'configure') &&
        selection.devices.length === 0 &&
        selection.drift === undefined &&
        row.planned >= since &&
        stateOf(row) === 'finished',
    )
    .slice(0, FOLLOWED_MAX);
}

/** Newest first: a device that fits several gets the newest, not the queue of the old ones. */
export async function followUp(parts: LateParts): Promise<readonly Change[]> {
  const rows = await loadChanges(parts.needs.sql);
  const city = parts.needs.columns();
  const needs: ChangeNeeds = { ...parts.needs, columns: () => city };
  const meant = new Set<string>();
  const prepared: Change[] = [];
  for (const followed of followedIn(rows, parts)) {
    const fitting = fittingOf(needs, followed.draft).filter((device) => !meant.has(device));
    for (const device of fitting) meant.add(device);
    const late = fitting.length === 0 ? [] : await lateAmong({ ...parts, needs }, { rows, followed, fitting });
    if (late.length === 0) continue;
    const draft = draftFor(followed, late, needs.clock());
    const follows = { id: followed.row.id, words: wordsFor(followed, late.length) };
    const added = await addChange(needs, { draft, by: BY, view: parts.view, follows });
    if (added.ok) prepared.push(...added.value);
    else needs.log.warn('no change could be prepared for devices that came later', { reason: added.error.message });
  }
  return prepared;
}

/** Whoever would be in the change if it were planned now. */
function fittingOf(needs: ChangeNeeds, draft: ChangeDraft): string[] {
  const now = needs.clock();
  const request = requestOf(needs, { ...draft, notBefore: now, notAfter: now + FOLLOW_UP_MS });
  if (!request.ok) return [];
  const { columns, selection, target, options } = request.value;
  const { rows } = choose({ columns, selection, target, lifeSafety: options.lifeSafety });
  return Array.from(rows, (row) => columns.ids[row]!);
}

interface Among {
  readonly rows: readonly ChangeRow[];
  readonly followed: Followed;
  readonly fitting: readonly string[];
}

/** Those whom neither it nor a change after it has named. One that waits for signatures is waited for: there is one at a time. */
async function lateAmong({ needs, stateOf }: LateParts, { rows, followed, fitting }: Among): Promise<string[]> {
  const followers = rows.filter(({ follows }) => follows === followed.row.id);
  const isWaiting = (row: ChangeRow): boolean => stateOf(row) === 'planned' && row.job.notAfter > needs.clock();
  if (followers.some(isWaiting)) return [];
  const named = new Set<string>();
  // Devices of one that nobody signed in time are named anew.
  for (const row of [followed.row, ...followers.filter((one) => stateOf(one) !== 'planned')])
    for (const id of (await loadMembers(needs.sql, row.number)).ids) named.add(id);
  return fitting.filter((device) => !named.has(device)).slice(0, SELECTED_DEVICES_MAX);
}

function draftFor({ draft }: Followed, late: readonly string[], now: number): ChangeDraft {
  return {
    ...draft,
    title: `Later: ${draft.title}`.slice(0, TITLE_MAX_CHARS),
    selection: { ...draft.selection, devices: [...late] },
    revert: draft.revert && { ...draft.revert, until: now + REVERT_MS },
    notBefore: now,
    notAfter: now + FOLLOW_UP_MS,
  };
}

const wordsFor = ({ draft: { title } }: Followed, devices: number): string =>
  `Prepared for ${devices} ${devices === 1 ? 'device' : 'devices'} that came after "${title}" was signed; waits for signatures`;
