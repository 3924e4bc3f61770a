/** Rotation of credentials and certificates. */
import type { Rotation } from '@cityward/contracts';
import { many } from './counting.ts';

type What = Rotation['rows'][number]['what'];
const what: Record<What, string> = { credentials: 'Credentials', certificate: 'Certificates' };
const effects: Record<What, string> = {
  credentials:
    'A change is planned in which the gateway of each site gives its devices new accounts and passwords. Officers sign it before anything happens; the old ones cannot be taken back.',
  certificate:
    'A change is planned in which each device makes a new key and gets a certificate for it. Officers sign it before anything happens; the old keys cannot be taken back.',
};

export const rotation = {
  rotation: {
    title: 'Rotation of keys',
    lead: 'How old the credentials and certificates of devices are. Renewed in bulk by a change that officers sign, wave by wave like every other.',
    open: 'Rotation of keys',
    wanted: 'load how old keys are',
    wantedPlan: 'plan the rotation',
    what,
    effects,
    ages: 'How old they are',
    agesWhy:
      'Credentials are to be renewed every 90 days, certificates 30 days before they end. An age that nobody knows counts as due.',
    columns: ['What, and whose', 'Devices', 'Overdue', 'In 30 days', 'Age not known', 'Oldest since', 'Act'],
    plan: 'Plan a rotation',
    planOf: (name: string, whose: string) => `Plan a rotation: ${name.toLowerCase()} of ${whose.toLowerCase()}`,
    planYes: (n: number) => `Plan it for ${many(n, 'device', 'devices')}`,
    dueOnly: 'Only what is due',
    dueOnlyHint: 'Overdue, due within 30 days, or of an age that nobody knows.',
    planned: (n: number) =>
      n === 1
        ? 'A change is planned. Once officers have signed it, it can be started there.'
        : `${n} changes are planned. Once officers have signed them, they can be started there.`,
    jobs: 'Rotations',
    noJobs: 'None has been planned yet.',
    jobColumns: ['Change', 'State', 'Progress', 'Failures by reason'],
    plannedAt: 'Planned',
    next: 'Due first',
    nextColumns: ['Device', 'What', 'Due', 'Renewed'],
    by: 'by this change',
    more: 'Show more',
    empty: {
      title: 'Nothing to rotate yet',
      text: 'Devices of a class with a baseline are shown here with the age of their credentials and certificates.',
    },
  },
} as const;
