/** What became of an import, as a badge. */
import type { ReactNode } from 'react';
import type { ImportReport } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { IconArrowBackUp, IconCheck, IconEye } from '../../ui/icons.ts';

const LOOK = {
  previewed: ['learning', IconEye],
  committed: ['trusted', IconCheck],
  undone: ['contained', IconArrowBackUp],
} as const;

export function ImportState({ state }: { readonly state: ImportReport['state'] }): ReactNode {
  const [look, Sign] = LOOK[state];
  return (
    <span className="cw-badge" data-state={look}>
      <Sign size={14} stroke={2} aria-hidden />
      {words.import.states[state]}
    </span>
  );
}
