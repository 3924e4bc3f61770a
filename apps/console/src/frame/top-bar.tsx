/** The top bar: which part of the city and what time the page shows, search, clock, theme, person. */
import type { ReactNode } from 'react';
import { ActionIcon, Kbd, Select, Tooltip, UnstyledButton } from '@mantine/core';
import { spotlight } from '@mantine/spotlight';
import { words } from '../words/en-GB.ts';
import { useAsk, useLive, useNow } from '../live/hooks.ts';
import { formatClock, formatMoment, formatSpan, formatUtc } from '../ui/format.ts';
import { IconClock, IconMapPin, IconSearch, IconX } from '../ui/icons.ts';
import { Mark } from './mark.tsx';
import { PersonMenu } from './person-menu.tsx';
import { ThemeButton } from './theme-button.tsx';
import { useVisitor } from './session.ts';
import { useSetUrl, useUrl } from './url.ts';

/** Stands for all wards in the choice; no ward has this id. */
const WHOLE = '*';

function WardChoice(): ReactNode {
  const url = useUrl();
  const setUrl = useSetUrl();
  const city = useAsk('cityNow', {}).data;
  const whole = words.frame.wholeCity(city?.name ?? '');
  const wards = (city?.wards ?? []).map((ward) => ({ value: ward.id, label: ward.name }));
  return (
    <Select
      className="cw-ward"
      aria-label={words.frame.part}
      leftSection={<IconMapPin size={16} stroke={1.7} aria-hidden />}
      data={[{ value: WHOLE, label: whole }, ...wards]}
      value={url.ward ?? WHOLE}
      onChange={(ward) => setUrl({ ward: ward === WHOLE ? null : ward })}
      allowDeselect={false}
      searchable
      nothingFoundMessage={words.frame.noWard}
      comboboxProps={{ shadow: 'md' }}
    />
  );
}

/** Live with the age of the data, or the span that the page is narrowed to. */
function TimeShown(): ReactNode {
  const url = useUrl();
  const setUrl = useSetUrl();
  const now = useNow(1_000);
  const connection = useLive((state) => state.connection);
  const heardAt = useLive((state) => state.heardAt);
  if (url.from !== undefined && url.to !== undefined)
    return (
      <span className="cw-time-shown">
        <IconClock size={16} stroke={1.7} aria-hidden />
        {words.frame.span(formatMoment(url.from), formatMoment(url.to))}
        <ActionIcon
          variant="subtle"
          color="gray"
          size={24}
          aria-label={words.frame.clearTime}
          onClick={() => setUrl({ from: null, to: null })}
        >
          <IconX size={14} aria-hidden />
        </ActionIcon>
      </span>
    );
  const age = heardAt === null ? '' : formatSpan(now - heardAt);
  return (
    <span className="cw-time-shown" data-connection={connection}>
      <span className="cw-live-dot" aria-hidden />
      {connection === 'open'
        ? words.frame.live
        : connection === 'lost'
          ? words.frame.stale(age)
          : words.frame.connecting}
    </span>
  );
}

function Clock(): ReactNode {
  const now = useNow(1_000);
  return (
    <Tooltip label={formatUtc(now)}>
      <time
        className="cw-clock"
        dateTime={new Date(now).toISOString()}
        tabIndex={0}
        aria-label={`${formatClock(now)}, ${formatUtc(now)}`}
        role="text"
      >
        {formatClock(now)}
      </time>
    </Tooltip>
  );
}

const Search = (): ReactNode => (
  <UnstyledButton className="cw-search" onClick={() => spotlight.open()}>
    <IconSearch size={16} stroke={1.7} aria-hidden />
    <span>{words.frame.searchShort}</span>
    <Kbd size="xs">Ctrl K</Kbd>
  </UnstyledButton>
);

/** A visitor has neither parts of the city nor anything to search. */
export function TopBar({ onHelp }: { readonly onHelp: () => void }): ReactNode {
  const visits = useVisitor();
  return (
    <header className="cw-top" data-visits={visits || undefined}>
      <span className="cw-top-mark">
        <Mark size={24} />
      </span>
      {!visits && <WardChoice />}
      <TimeShown />
      {!visits && <Search />}
      <Clock />
      <ThemeButton />
      <PersonMenu onHelp={onHelp} />
    </header>
  );
}
