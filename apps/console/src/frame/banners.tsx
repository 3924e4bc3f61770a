/** Thin lines above everything: simulated devices, a lost connection with the age of what is shown. */
import { useEffect, useState, type ReactNode } from 'react';
import { Link } from '@tanstack/react-router';
import { words } from '../words/en-GB.ts';
import { useAsk, useLive, useNow } from '../live/hooks.ts';
import { formatSeconds, formatSpan } from '../ui/format.ts';
import { IconHourglass, IconPlugConnectedX } from '../ui/icons.ts';
import { useSession } from './session.ts';

const PATIENCE_MS = 2_000;
const REMINDERS_REFRESH_MS = 600_000;

function Lost(): ReactNode {
  const heardAt = useLive((state) => state.heardAt);
  const now = useNow(1_000);
  const [patient, setPatient] = useState(true);
  useEffect(() => {
    const timer = window.setTimeout(() => setPatient(false), PATIENCE_MS);
    return () => window.clearTimeout(timer);
  }, []);
  if (patient) return null;
  return (
    <div className="cw-banner" data-tone="lost" role="status">
      <IconPlugConnectedX size={16} aria-hidden />
      {heardAt === null ? words.banner.neverLive : words.banner.lost(formatSeconds(heardAt), formatSpan(now - heardAt))}
    </div>
  );
}

/** What somebody has to do by a day; the page it leads to says how. */
function Reminders(): ReactNode {
  const reminders = useAsk('health', {}, { refreshMs: REMINDERS_REFRESH_MS }).data?.reminders ?? [];
  return reminders.map((text) => (
    <div key={text} className="cw-banner" data-tone="due" role="status">
      <IconHourglass size={16} aria-hidden />
      <span>
        {text}.{' '}
        <Link to="/networks" search={{ tab: 'vlans' }}>
          {words.banner.look}
        </Link>
      </span>
    </div>
  ));
}

export function Banners(): ReactNode {
  const { session } = useSession();
  const lost = useLive((state) => state.connection === 'lost');
  return (
    <>
      {session.notice !== null && session.notice !== '' && (
        <div className="cw-banner" data-tone="notice">
          {words.banner.notice(session.city, session.notice)}
        </div>
      )}
      <Reminders />
      {lost && <Lost />}
    </>
  );
}
