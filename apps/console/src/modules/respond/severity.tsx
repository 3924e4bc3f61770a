/** How serious: icon and word, in the colours of the states. */
import type { ReactNode } from 'react';
import type { Situation } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { Badge } from '../../ui/badge.tsx';
import { IconActivity, IconAlertTriangle, IconEye } from '../../ui/icons.ts';

export type SeverityWord = Situation['severity'];
const LOOK = { alarm: 'suspect', warning: 'watched', notice: 'learning' } as const;
const ICONS = { alarm: IconAlertTriangle, warning: IconEye, notice: IconActivity } as const;

export const Severity = ({ severity }: { readonly severity: SeverityWord }): ReactNode => (
  <Badge look={LOOK[severity]} icon={ICONS[severity]} text={words.severity[severity]} />
);

/** Where the observations came from, when that is not the live city. */
export const Origin = ({ replay, simulated }: { readonly replay: boolean; readonly simulated: boolean }): ReactNode => (
  <>
    {replay && <span className="cw-tag">{words.situation.replay}</span>}
    {simulated && <span className="cw-tag">{words.situation.simulated}</span>}
  </>
);
