/** Every page of the portal, ready to be served by a listener of its own origin. */
import { sessionCookie } from './cookies.ts';
import type { PortalNeeds } from './needs.ts';
import { doorPages } from './pages/door.ts';
import { consentPages } from './pages/consents.ts';
import { emergencyPages } from './pages/emergency.ts';
import { givePages } from './pages/give.ts';
import { heldPages } from './pages/held.ts';
import { helpPages } from './pages/help.ts';
import { homePages } from './pages/home.ts';
import { lookPages } from './pages/looks.ts';
import { openedPages } from './pages/opened.ts';
import { noticePages } from './pages/notices.ts';
import { requestPages } from './pages/requests.ts';
import { sharedPages } from './pages/shared.ts';
import { mePages } from './pages/me.ts';
import { privatePages } from './pages/private.ts';
import { PORTAL_HEADERS, servePages, type Served } from './serving.ts';

export interface Portal extends Served {
  readonly headers: Readonly<Record<string, string>>;
  readonly sessionCookie: string;
  /** The browser is to send cookies over TLS alone. */
  readonly secureCookie: boolean;
}

export function createPortal(needs: PortalNeeds): Portal {
  const cookies = { secure: needs.origin.startsWith('https:') };
  const pages = [
    ...doorPages(cookies),
    ...homePages,
    ...consentPages,
    ...givePages,
    ...heldPages,
    ...lookPages,
    ...noticePages,
    ...requestPages,
    ...sharedPages,
    ...emergencyPages,
    ...openedPages,
    ...mePages,
    ...privatePages,
    ...helpPages,
  ];
  return {
    ...servePages({ needs, cookies }, pages),
    headers: PORTAL_HEADERS,
    sessionCookie: sessionCookie(cookies),
    secureCookie: cookies.secure,
  };
}
