/** Thin lines above everything: simulated devices, a lost connection with the age of what is shown. */
import { useEffect, useState, type ReactNode } from 'react';
import { words } from '../words/en-GB.ts';
import { useLive, useNow } from '../live/hooks.ts';
import { formatSeconds, formatSpan } from '../ui/format.ts';
import { IconPlugConnectedX } from '../ui/icons.ts';
import { useSession } from './session.ts';

const PATIENCE_MS = 2_000;

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
      {lost && <Lost />}
    </>
  );
}
