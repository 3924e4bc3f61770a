/** What is shown of temporary access wherever it is: its state, where it reaches, when, and how it ended. */
import { Fragment, type ReactNode } from 'react';
import { Link } from '@tanstack/react-router';
import type { TemporaryAccess } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { Badge } from '../../ui/badge.tsx';
import { IconBan, IconCheck, IconClock, IconDoorEnter, IconHourglass, IconLock } from '../../ui/icons.ts';
import type { Fact } from '../../ui/parts.tsx';
import { Brief, Until } from '../../ui/time.tsx';

const said = words.access;
const LOOK = {
  asked: ['watched', IconHourglass],
  approved: ['learning', IconCheck],
  running: ['trusted', IconDoorEnter],
  refused: ['quarantined', IconBan],
  lapsed: ['unknown', IconClock],
  ended: ['unreachable', IconLock],
} as const;

export const AccessState = ({ state }: Pick<TemporaryAccess, 'state'>): ReactNode => {
  const [look, icon] = LOOK[state];
  return <Badge look={look} icon={icon} text={said.states[state]} />;
};

export const isOpen = ({ state }: Pick<TemporaryAccess, 'state'>): boolean =>
  state === 'asked' || state === 'approved' || state === 'running';

type Scope = Pick<TemporaryAccess, 'sites' | 'devices'>;
/** @param linked the devices can be opened by whoever reads it */
export const Where = ({ of, linked }: { readonly of: Scope; readonly linked: boolean }): ReactNode => (
  <>
    {of.sites.map(said.wholeSite).join(', ')}
    {of.sites.length > 0 && of.devices.length > 0 && ', '}
    {of.devices.map((id, at) => (
      <Fragment key={id}>
        {at > 0 && ', '}
        {linked ? (
          <Link to="/devices/$id" params={{ id }}>
            {id}
          </Link>
        ) : (
          id
        )}
      </Fragment>
    ))}
  </>
);

export const Span = ({ one }: { readonly one: TemporaryAccess }): ReactNode => (
  <>
    <Brief at={one.from} /> – <Brief at={one.ended?.at ?? one.until} />
  </>
);

/** How it ended, in words; what it is while it has not. */
export function endingOf({ state, ended, judged }: TemporaryAccess): string {
  if (ended) return ended.why === 'time' ? said.ends.time : `${said.ends[ended.why]}: ${ended.reason}`;
  return state === 'refused' && judged ? `${said.states.refused}: ${judged.reason}` : said.states[state];
}

export const termsOf = (one: TemporaryAccess, linked: boolean): Fact[] => [
  { term: said.terms.as, value: said.as[one.role] },
  { term: said.terms.may, value: said.may[one.role] },
  { term: said.terms.where, value: <Where of={one} linked={linked} /> },
  {
    term: said.terms.from,
    value: one.state === 'asked' && one.from <= one.asked ? said.withApproval : <Brief at={one.from} />,
  },
  {
    term: said.terms.until,
    value: (
      <>
        <Brief at={one.until} /> (<Until at={one.until} />)
      </>
    ),
  },
  { term: said.terms.why, value: one.reason },
];
