/** Commissioning and the ways out. */
import { many } from './counting.ts';

export const gate = {
  gate: {
    title: 'Commissioning',
    wanted: 'what the device must show',
    wantedTest: 'the gateway of its site to look',
    wantedDraft: 'the certificate to read',
    wantedSign: 'the signed certificate',
    wantedExcept: 'let the check be',
    wantedWithdraw: 'withdraw the exception',
    city: 'the city',
    checks: {
      'default-credentials': 'No default credentials',
      tls: 'Encrypted connections',
      'firmware-track': 'Supported firmware',
      clock: 'Right time',
      baseline: 'Security baseline',
    },
    states: { unknown: 'Not known', passed: 'Green', failed: 'Not green', excepted: 'Let be' },
    fix: (fix: string) => `What to do: ${fix}`,
    excepted: (owner: string) => `${owner} answers for it until`,
    letBe: 'Let it be',
    letBeOf: (check: string, device: string) => `Let “${check}” of ${device} be`,
    letBeEffect:
      'It counts as settled until that day, and then by itself no longer. The handover certificate names the exception, who answers for it and until when.',
    withdraw: 'Withdraw the exception',
    withdrawOf: (check: string, device: string) => `Withdraw the exception from “${check}” of ${device}`,
    withdrawEffect: 'The check counts again from now on. A certificate that was signed stays as it is.',
    seenBy: (by: string) => `Seen by ${by}`,
    test: 'Test again',
    handOver: 'Hand over',
    handOverOf: (device: string) => `Hand ${device} over`,
    handOverEffect:
      'You read the certificate, sign it with your passkey, and the city signs it after you. Your access for this work then ends.',
    installer: 'Your name',
    company: 'Your company',
    read: 'Read the certificate',
    signLead: 'This is what you sign, with what you promise.',
    hash: 'Its hash',
    differs: 'What the city would have signed is not what it shows. Do not sign; tell whoever runs the server',
    sign: 'Sign with a passkey',
    by: (installer: string) => `By ${installer},`,
    files: 'Certificate:',
    kinds: { pdf: 'PDF', json: 'JSON', p7s: 'Signature' },
    empty: {
      title: 'Nothing is being commissioned',
      text: 'Test a device on its own page, and it is shown here until it is handed over.',
    },
  },
  leaving: {
    title: 'Replace, retire, stolen',
    wanted: 'the device to go',
    wantedShown: 'how far the device is with going',
    here: 'It stands where it belongs.',
    serial: 'Serial number of the new hardware',
    noSerial: 'without a serial number',
    buttons: { replace: 'Replace', retire: 'Retire', unproven: 'Retire', stolen: 'Stolen' },
    acts: {
      replace: (device: string) => `Replace ${device}`,
      retire: (device: string) => `Retire ${device}`,
      unproven: (device: string) => `Retire ${device} unproven`,
      stolen: (device: string) => `Block ${device}`,
    },
    replaceEffect:
      'The identity of what stands there ends at once and for good. Place, name, configuration and history stay. Issue a code for the new hardware afterwards. You can undo this until it has come in.',
    retireEffect:
      'A change is planned that erases it, its memory card too; officers sign it. Its identity ends once it has reported that it did. What it holds:',
    retireByGateway: (gateway: string) =>
      `A change is planned; officers sign it. Its gateway ${gateway} then erases its memory card and recordings, sets it back to the factory, and reports each. The identity ends after that, with a certificate that says what was erased. If the camera or its gateway cannot be reached, the certificate says “unproven” and why. What it holds:`,
    unprovenEffect: (why: string) =>
      `It cannot be erased now: ${why}. Its identity ends at once and for good, and its certificate says that it is not proven that it is erased. What it holds:`,
    stolenEffect:
      'It is blocked at once, and you hear of it when it tries to come in. It comes back only by a new code. What it held:',
    stolenSince: 'Reported stolen',
    seen: (n: number) => `It has tried to come in ${many(n, 'time', 'times')}, last`,
    retirement: {
      waiting: 'About to be retired.',
      proven: 'Retired; proven that it is erased.',
      unproven: 'Retired; not proven that it is erased.',
    },
    erasedTitle: (by: string) => `What ${by} reported`,
    erasedItem: { card: 'Memory card', recordings: 'Recordings', settings: 'Settings, accounts and keys' },
    erasedState: { done: 'erased', absent: 'not there', failed: 'not erased' },
    replaced: (serial: string) => `The hardware before was ${serial}, replaced`,
    replacement: {
      begun: 'The change is under way.',
      waiting: 'The new hardware has not come in yet.',
      done: 'The new hardware has come in.',
      undoing: 'It is being taken back.',
      undone: 'It was taken back.',
    },
  },
} as const;
