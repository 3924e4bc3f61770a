/** What a change does and to whom, in words; pure. */
import type { Change, ChangeOptions, ChangeSelection, JobAction, JobRevert } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { formatCount, formatHash, formatShare } from '../../ui/format.ts';

export function actionInWords(action: JobAction): string {
  switch (action.do) {
    case 'install':
      return words.does.install(action.artifact.name, action.artifact.version);
    case 'configure':
      return words.does.configure(formatHash(action.document));
    case 'rotate':
      return words.does.rotate[action.what];
    case 'set':
      return words.does.set(action.name, String(action.to));
    case 'restart':
      return words.does.restart;
    case 'wipe':
      return words.does.wipe;
  }
}

/** Where a roll-back leads: `lamp 2.1.0`, or a configuration by its hash. */
export const revertInWords = ({ to }: JobRevert): string =>
  'document' in to ? words.change.document(formatHash(to.document)) : `${to.name} ${to.version}`;

const MINUTE_MS = 60_000;
const DAY_MINUTES = 1_440;
const minutes = (ms: number): string => `${formatCount(Math.ceil(ms / MINUTE_MS))} min`;
const clock = (minute: number): string =>
  [Math.floor((minute % DAY_MINUTES) / 60), minute % 60].map((part) => String(part).padStart(2, '0')).join(':');

/** How careful a change is, line by line. */
export function carefulInWords(options: ChangeOptions): readonly string[] {
  const { canary = 0, shares = [], perSite = 0, healthMs = 0, soakMs = 0, windows = [], zone = '' } = options;
  const said = words.change.carefully;
  return [
    said.waves(canary, shares.map(formatShare).join(', ')),
    said.perSite(perSite),
    said.watched(minutes(healthMs), minutes(soakMs)),
    ...windows.map(({ days, from, to }) =>
      said.window(days.map((day) => words.planning.dayNames[day]).join(', '), `${clock(from)}–${clock(to)}`, zone),
    ),
  ];
}

const LISTED_MAX = 4;
const listed = (all: readonly string[]): string => {
  const shown = all.slice(0, LISTED_MAX).join(', ');
  return all.length > LISTED_MAX ? `${shown} ${words.andMore(all.length - LISTED_MAX)}` : shown;
};

/** Who is meant, part by part; empty when every device is.
 * @param wardName the name of a ward by its id */
export function selectionInWords(
  selection: ChangeSelection,
  wardName: (id: string) => string,
): readonly { readonly term: string; readonly text: string }[] {
  const parts: readonly (readonly [string, readonly string[]])[] = [
    [words.planning.classes, selection.classes.map((one) => words.classes[one].many)],
    [words.planning.models, selection.models],
    [words.planning.wards, selection.wards.map(wardName)],
    [words.planning.sites, selection.sites],
    [words.planning.running, selection.running.map(formatHash)],
    [words.planning.devices, selection.devices],
  ];
  return parts.filter(([, all]) => all.length > 0).map(([term, all]) => ({ term, text: listed(all) }));
}

export const STEERINGS = ['start', 'pause', 'resume', 'stop', 'rollBack'] as const;
export type Steering = (typeof STEERINGS)[number];
const FROM: Readonly<Record<Steering, readonly Change['state'][]>> = {
  start: ['planned'],
  pause: ['running'],
  resume: ['paused', 'stopped'],
  stop: ['running', 'paused'],
  rollBack: ['running', 'paused', 'stopped', 'finished'],
};

/** What a person can do with the change as it stands; the server decides, this only leaves out what cannot be. */
export const steeringsOf = (change: Pick<Change, 'state' | 'revert'>, now: number): readonly Steering[] =>
  STEERINGS.filter(
    (how) =>
      FROM[how].includes(change.state) && (how !== 'rollBack' || (change.revert !== null && change.revert.until > now)),
  );
