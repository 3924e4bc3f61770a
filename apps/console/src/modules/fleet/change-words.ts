/** What a change does and to whom, in words; pure. */
import type { Change, ChangeSelection, JobAction, JobRevert } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { formatHash } from '../../ui/format.ts';

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
