/** What the installer promises with the handover. A clause that is worded anew gets a new id: certificates that are signed keep theirs. */
import type { Clause } from '@cityward/contracts';

export const CLAUSES: readonly Clause[] = [
  {
    id: 'no-default-credentials-1',
    text: 'No account on this device has a password that its maker, its model or its installer uses elsewhere. Accounts that nobody needs are removed.',
  },
  {
    id: 'own-identity-1',
    text: 'The key of this device was made on the device and has not left it. Its certificate was issued by the city for this device alone.',
  },
  {
    id: 'encrypted-only-1',
    text: 'Whoever signs in to this device does so over TLS. Services without encryption are switched off, or ask for no sign-in and give nothing away.',
  },
  {
    id: 'supported-firmware-1',
    text: 'The firmware of this device is a version that its maker supports, taken from its maker and unchanged.',
  },
  { id: 'right-time-1', text: 'The clock of this device follows a time source that the city has named.' },
  {
    id: 'baseline-kept-1',
    text: 'The device is set up to the baseline of the city for its class, but for the exceptions named in this certificate.',
  },
  {
    id: 'no-hidden-access-1',
    text: 'The installer has left no account, key, program or way of remote access on this device that the city does not know of.',
  },
  {
    id: 'access-ends-1',
    text: 'The access that the city lent the installer for this work ends with this handover. Whoever needs it again asks again.',
  },
  {
    id: 'say-so-1',
    text: 'If the installer learns of a weakness of this device, or of credentials that became known, the city is told within 24 hours.',
  },
];
