/** What became of an import, as a badge. */
import type { ReactNode } from 'react';
import type { ImportReport } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { Badge } from '../../ui/badge.tsx';
import { IconArrowBackUp, IconCheck, IconEye } from '../../ui/icons.ts';

const LOOK = {
  previewed: ['learning', IconEye],
  committed: ['trusted', IconCheck],
  undone: ['contained', IconArrowBackUp],
} as const;

export function ImportState({ state }: { readonly state: ImportReport['state'] }): ReactNode {
  const [look, icon] = LOOK[state];
  return <Badge look={look} icon={icon} text={words.import.states[state]} />;
}
