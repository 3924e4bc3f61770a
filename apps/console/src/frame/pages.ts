/** The pages of the rail, in its order; only pages that exist. */
import type { Role } from '@cityward/contracts';
import { words } from '../words/en-GB.ts';
import {
  IconCertificate,
  IconChecklist,
  IconCloud,
  IconDoorEnter,
  IconFileImport,
  IconFolder,
  IconInbox,
  IconMap,
  IconNetwork,
  IconShieldCheck,
  IconStairsUp,
  IconTable,
  IconUrgent,
  IconIdBadge2,
  IconUsers,
} from '../ui/icons.ts';
import type { Icon } from '../ui/states.ts';

export interface RailPage {
  readonly to:
    | '/'
    | '/inbox'
    | '/incidents'
    | '/fleet'
    | '/changes'
    | '/baseline'
    | '/enrol'
    | '/networks'
    | '/services'
    | '/import'
    | '/evidence'
    | '/desk'
    | '/jobs'
    | '/access'
    | '/people'
    | '/visit';
  readonly name: string;
  readonly hint: string;
  readonly icon: Icon;
  /** Pressed after `g`. */
  readonly key: string;
  /** Only for whoever holds one of these. */
  readonly roles?: readonly Role[];
}

export const PAGES: readonly RailPage[] = [
  { to: '/', ...words.pages.city, icon: IconMap, key: 'c' },
  { to: '/inbox', ...words.pages.inbox, icon: IconInbox, key: 'i' },
  { to: '/incidents', ...words.pages.incidents, icon: IconUrgent, key: 'n' },
  { to: '/fleet', ...words.pages.fleet, icon: IconTable, key: 'f' },
  { to: '/changes', ...words.pages.changes, icon: IconStairsUp, key: 'h' },
  { to: '/baseline', ...words.pages.baseline, icon: IconShieldCheck, key: 'b' },
  { to: '/enrol', ...words.pages.enrol, icon: IconDoorEnter, key: 'r' },
  { to: '/networks', ...words.pages.networks, icon: IconNetwork, key: 'w' },
  {
    to: '/services',
    ...words.pages.services,
    icon: IconCloud,
    key: 's',
    roles: ['administrator', 'operator', 'officer', 'auditor'],
  },
  { to: '/import', ...words.pages.import, icon: IconFileImport, key: 'm' },
  { to: '/evidence', ...words.pages.evidence, icon: IconCertificate, key: 'e' },
  { to: '/desk', ...words.pages.desk, icon: IconFolder, key: 'd', roles: ['officer', 'auditor'] },
  { to: '/jobs', ...words.pages.jobs, icon: IconChecklist, key: 'j' },
  {
    to: '/access',
    ...words.pages.access,
    icon: IconIdBadge2,
    key: 'v',
    roles: ['administrator', 'operator', 'officer', 'auditor'],
  },
  { to: '/people', ...words.pages.people, icon: IconUsers, key: 'p', roles: ['administrator', 'auditor'] },
];
/** All that a visitor has. */
export const VISITOR_PAGES: readonly RailPage[] = [
  { to: '/visit', ...words.pages.visit, icon: IconDoorEnter, key: 'v' },
];
/** Those that fit the bar at the bottom of a phone; the rest are behind "More". */
export const BOTTOM_COUNT = 4;
