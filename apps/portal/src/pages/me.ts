/** One's own ways in: passkeys, the sheet of codes, an account of the city's provider. */
import { api } from '@cityward/contracts';
import { markup, NOTHING, type Html } from '../markup.ts';
import { actButton, linkButton } from '../parts.ts';
import { PRIVATE } from '../words/private.ts';
import { elsewhere, refusedBy, type Answer, type OwnVisit, type PageRoute } from '../visit.ts';

function accountPart(visit: OwnVisit): Html {
  const { session, me } = visit;
  const { me: words } = visit.words;
  if (session.provider === null) return NOTHING;
  const act = me.account
    ? markup`<p>${words.connected}</p>${actButton(visit, { to: '/me/account/disconnect', label: words.disconnect, look: 'second' })}`
    : markup`<p>${linkButton('/sign-in/account/begin', words.connect(session.provider), 'second')}</p>`;
  return markup`<h2>${words.account}</h2>${act}`;
}

function show(visit: OwnVisit): Answer {
  const { me, calendar } = visit;
  const { me: words } = visit.words;
  const isAdded = visit.query.has('added');
  return {
    is: 'page',
    title: words.title,
    main: markup`<h1>${words.title}</h1>
${isAdded ? markup`<div class="banner" role="status"><p>${words.added}</p></div>` : NOTHING}
<p class="muted">${words.session(`${calendar.day(me.expires)}, ${calendar.time(me.expires)}`)}</p>
<h2>${words.passkeys}</h2><p>${words.passkeysHave(me.passkeys)}</p>
<div class="with-script"><button class="second" type="button" data-passkey="add" data-then="/me?added" data-failed="add-failed">${words.add}</button><p class="fault" id="add-failed" role="alert" hidden>${words.failed}</p></div>
<p class="hint without-script">${words.needs}</p>
<h2>${words.sheet}</h2><p>${words.sheetHave(me.recoveryCodesLeft)}</p>
${actButton(visit, { to: '/me/sheet', label: words.make, look: 'second' })}<p class="hint">${words.makeWhy}</p>
${accountPart(visit)}
<h2>${PRIVATE[visit.language].link}</h2><p>${PRIVATE[visit.language].lead} <a href="/private">${PRIVATE[visit.language].link}</a></p>`,
  };
}

async function sheet(visit: OwnVisit): Promise<Answer> {
  const made = await visit.ask(api.issueRecoveryCodes);
  if (!made.ok) return refusedBy(made.error);
  const { sheet: words } = visit.words;
  return {
    is: 'page',
    title: words.title,
    main: markup`<h1>${words.title}</h1><p class="lead">${words.lead}</p><ol class="codes">${made.value.codes.map((one) => markup`<li>${one}</li>`)}</ol><p>${words.once}</p><p>${linkButton('/me', words.done)}</p>`,
  };
}

async function disconnect(visit: OwnVisit): Promise<Answer> {
  const done = await visit.ask(api.disconnectAccount);
  return done.ok ? elsewhere('/me') : refusedBy(done.error);
}

export const mePages: readonly PageRoute[] = [
  { method: 'GET', path: '/me', show },
  { method: 'POST', path: '/me/sheet', show: sheet },
  { method: 'POST', path: '/me/account/disconnect', show: disconnect },
];
