/** Signing in, people, and who a device is. */
import { many } from './counting.ts';

export const people = {
  signIn: {
    title: 'Sign in',
    text: 'With the passkey on this device or phone, or with a recovery code that you printed.',
    checking: 'Checking the one-time link',
    endedTitle: 'Your session has ended',
    endedText: 'Sign in again; you come back to this page as it was.',
    ended: {
      'signed-out': { title: 'You are signed out', text: 'Sign in again; you come back to this page as it was.' },
      idle: {
        title: 'Your session has ended',
        text: 'Nothing was done for a while. Sign in again; you come back to this page as it was.',
      },
      expired: {
        title: 'Your session has ended',
        text: 'It lasts twelve hours at most. Sign in again; you come back to this page as it was.',
      },
      replaced: {
        title: 'You are signed out',
        text: 'Somebody signed in as you in this browser. Sign in again if it was not you.',
      },
      'roles-changed': {
        title: 'Your roles were changed',
        text: 'Sign in again to go on with those that you have now.',
      },
      disabled: {
        title: 'Your access has ended',
        text: 'An administrator ended it. Ask them if you think that this is wrong.',
      },
      'too-many': {
        title: 'Your session has ended',
        text: 'You are signed in in too many places, and this was the oldest. Sign in again.',
      },
      'access-ended': {
        title: 'Your access has ended',
        text: 'You are signed out, and nothing of the city is on this page any more. Sign in again to see how it ended, or to ask anew.',
      },
      'account-disconnected': {
        title: 'You are signed out',
        text: 'Your city account was disconnected here. Sign in in another way.',
      },
    },
    endedAccess: (how: string, reason: string) => `${how}: ${reason}.`,
    passkey: 'Sign in with a passkey',
    recovery: 'Use a recovery code',
    account: 'Sign in with your city account',
    accountAt: (host: string) => `You are asked for it at ${host}, not here.`,
    checkingAccount: 'Asking about your city account',
    code: 'Recovery code',
    codeHelp: 'Each code works once.',
    useCode: 'Sign in with this code',
    lost: 'First time here, or neither at hand? Whoever runs the server can print a new one-time link:',
    lostCommand: 'npx cityward person link',
  },
  passkey: {
    name: 'Passkey',
    make: 'Make a passkey',
    another: 'Make another passkey',
    unable: 'This browser cannot use passkeys at this address. They need http://localhost or https.',
    cancelled: "The browser's dialog was closed or timed out",
    already: 'This device already holds a passkey for you',
    address: 'This address may not have passkeys: open http://localhost instead of a number',
    have: (n: number) =>
      n === 0
        ? 'You have none yet. A passkey is a key that stays on your device; there is nothing to remember and nothing to phish.'
        : `You have ${many(n, 'passkey', 'passkeys')}. Make one on each device that you use.`,
  },
  officerKey: {
    name: 'Signing changes',
    use: 'Use this passkey to sign changes',
    text: 'An officer may sign changes of devices with a passkey. Here you take its public key, for the city’s officers to put into their next document.',
    none: 'Make a passkey first. One that stays in its device, such as a security key: a passkey that is copied to a cloud is not taken.',
    administrator:
      'Whoever administers the city signs no changes in it. An officer comes in as somebody without the role of administrator.',
    officer: 'Your id as an officer',
    officerHelp: 'As in the officers document: 3 to 47 of a-z, 0-9 and -. All your keys count as one officer.',
    made: 'The public key of your passkey. Give this file to the other officers.',
    key: 'Key',
    address: 'Only at',
    download: 'Download the key file',
    next: 'On their own machines they add it, and sign the next document:',
    command: (file: string) => `npx cityward officers add officers.json --keys ${file} --out officers-2.json`,
    not: 'It signs nothing yet. This server cannot make anybody an officer: devices follow only a document that enough of the city’s officers have signed. The document itself is never signed by passkey.',
    again: 'Another passkey',
  },
  account: {
    name: 'City account',
    connect: 'Connect my city account',
    disconnect: 'Disconnect my city account',
    none: (host: string) => `Not connected. Once it is, you can also come in through ${host}.`,
    have: (host: string) => `Connected: you can come in through ${host}. It gives you no roles; those are given here.`,
    disconnectEffect: (host: string) =>
      `You can no longer come in through ${host}. Be sure that you have a passkey or recovery codes. You can connect it again.`,
    disconnectShort: 'Disconnect account',
    disconnectOf: (who: string) => `Disconnect the account of ${who}`,
    disconnectOfEffect: (who: string) =>
      `${who} is signed out at once and cannot come in through the provider any more. Passkeys and codes still work. Only they can connect an account again.`,
  },
  recovery: {
    name: 'Recovery codes',
    make: 'Make recovery codes',
    again: 'Make new codes',
    againEffect: (left: number) =>
      `${many(left, 'code that you may have printed stops', 'codes that you may have printed stop')} working at once. The new ones are shown once. This cannot be undone.`,
    print: 'Print',
    sheet: (handle: string) => `Recovery codes of ${handle}`,
    text: (left: number) =>
      left === 0
        ? 'For the day when no passkey is at hand. Print them and keep them where you keep keys.'
        : `${many(left, 'code is', 'codes are')} left. New ones end the old ones.`,
    once: (date: string) => `Made on ${date}. Each works once. They are shown only now.`,
  },
  welcome: {
    title: (handle: string) => `Welcome, ${handle}`,
    text: 'The one-time link is used up. Choose how you come back:',
    passkeyText: 'Your device makes a key and keeps it. Next time it asks for your finger, face or PIN.',
    passkeyMade: 'Passkey made. Next time, choose “Sign in with a passkey”.',
    go: (city: string) => `Go to ${city}`,
    skip: 'Skip for now',
    skipText:
      'Without either, you need a new one-time link when this session ends. You can do both later from the menu at the top right.',
  },
  me: {
    title: 'My account',
    lead: 'How you come in, and when this session ends.',
    session: 'This session',
    handle: 'Name',
    ends: 'Ends',
    version: 'Version',
  },
  people: {
    lead: 'Everyone who may sign in. There are no passwords: people come in by a link once, then by passkey.',
    invite: 'Invite a person',
    roles: 'Roles',
    rolesOf: (who: string) => `Roles of ${who}`,
    rolesHelp: 'Officer is never given here: officers hold keys made outside the console. A vendor needs no role.',
    setRoles: 'Set roles',
    disable: 'End access',
    disableOf: (who: string) => `End access of ${who}`,
    disableEffect: (who: string) =>
      `${who} is signed out at once and cannot come in again with any passkey, code or link. An administrator can invite them anew.`,
    handle: 'Name',
    handleHelp: 'What colleagues call them; it is shown beside what they do.',
    makeLink: 'Make the one-time link',
    link: 'One-time link',
    invited: (who: string) => `Give this link to ${who} in person or by a way that you trust:`,
    linkHelp: 'It works once, for ten minutes, and is not shown again.',
    trustOf: (who: string) => `Trust in the account of ${who}`,
    trustWhy: (who: string, level: string) => `Trust in ${who}: ${level}. Show why`,
    you: '(you)',
    never: 'never',
    states: { invited: 'Invited', active: 'Active', disabled: 'Ended' },
    columns: ['Name', 'Roles', 'State', 'Trust', 'Last here', 'Acts'],
  },
  trust: {
    title: 'Trust',
    short: 'Trust',
    of: (name: string) => `Trust in ${name}`,
    effect: {
      full: 'It may do all that its kind may.',
      reduced: 'Nothing is taken from it. It is watched more closely.',
      low: 'It speaks for itself only and, while its conduct is in doubt, takes no changes.',
      none: 'It may speak only on its quarantine topic. Whatever guards lives goes on reporting.',
      unknown: 'Nothing is known that trust could rest on.',
    },
    effectOnPerson: {
      full: 'They may do all that their roles allow.',
      reduced: 'Nothing is taken from them.',
      low: 'They may look, and change nothing but their own ways of signing in.',
      none: 'They see nothing of the city until somebody has looked into it.',
      unknown: 'Nothing is known that trust could rest on. Nothing is taken from them.',
    },
    effectOnService: {
      full: 'It may ask for all that it is registered for.',
      reduced: 'Nothing is taken from it.',
      low: 'It gets nothing until somebody has looked into it, or a day has passed.',
      none: 'It gets nothing until somebody has looked into it.',
      unknown: 'Nothing is known that trust could rest on. Nothing is taken from it.',
    },
    takeBack: {
      device: {
        act: 'Take back that it lied',
        of: (id: string) => `Take back that ${id} lied`,
        effect:
          'The device may take changes and report again as its other parts allow. Whatever else is said of it stands, and if it lies again it is said again. You answer for this by name.',
        reasons: ['Looked at on site: it runs what was signed', 'A fault of the change, not of the device'],
      },
      service: {
        act: 'Take back what its calls showed',
        effect:
          'The service may ask again as its other parts allow. What was counted so far counts no more, and if it does it again it is said again. You answer for this by name.',
        reasons: ['Its owner mended a loop', 'Its reach was too small for what it was registered for'],
      },
    },
    columns: ['Part', 'Value', 'Why', 'For'],
    unknown: 'unknown',
    until: 'counts until',
  },
  identity: {
    title: 'Identity',
    standing: 'Standing',
    connection: 'Connection',
    connected: 'Connected now',
    notConnected: 'Not connected',
    reason: 'Reason',
    until: 'Until',
    serial: 'Certificate',
    notAfter: 'Valid until',
    spiffe: 'Name in it',
    states: {
      none: 'No certificate',
      'code-issued': 'Code issued, not enrolled yet',
      enrolled: 'Enrolled',
      held: 'Held',
      revoked: 'Revoked',
      expired: 'Expired',
      ended: 'Ended',
    },
    issueCode: 'Issue a one-time code',
    codeEffect: 'With the code the device can enrol once over EST. It is shown once; an earlier code stops working.',
    codeOnce: 'Shown only now:',
    code: 'Code',
    est: 'EST address',
    codeEnds: 'Ends',
    revoke: 'Revoke certificate',
    revokeOf: (id: string) => `Revoke certificate of ${id}`,
    revokeEffect:
      'Its session ends within a second and it cannot come back with this certificate. This cannot be undone: it must enrol anew with a one-time code.',
    revokeReasons: ['Key may be known to others', 'Device lost or replaced'],
  },
} as const;
