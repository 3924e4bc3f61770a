/** The first page: who can see my records, each in one sentence with the button that takes it back. */
import { api, type Consent, type LookLine } from '@cityward/contracts';
import { markup, NOTHING, type Html } from '../markup.ts';
import { actButton, emptyState, linkButton } from '../parts.ts';
import { cameByLink } from '../problems.ts';
import { canSee, stateTag } from '../sentences.ts';
import { refusedBy, toWhom, type Answer, type OwnVisit, type PageRoute, type Visit } from '../visit.ts';

const STANDS: ReadonlySet<Consent['state']> = new Set(['standing', 'not-yet']);

/** One click takes it back; what that does is said beside it, and again once it is done. */
export const takeBackButton = (visit: Visit, consent: Consent): Html =>
  actButton(visit, {
    to: `/consents/${consent.id}/take-back`,
    label: visit.words.home.takeBack,
    of: visit.words.home.takeBackOf(toWhom(visit, consent).name),
    look: 'warn',
  });

function card(visit: Visit, consent: Consent): Html {
  const { home } = visit.words;
  const { uses, used, given } = consent;
  const notes = [uses === null ? null : home.times(used, uses), given.behalf ? home.behalf : null].filter(Boolean);
  return markup`<article class="card"><p>${canSee(visit, consent)}</p>${notes.length > 0 ? markup`<p class="muted">${notes.join(' ')}</p>` : ''}<div class="buttons">${takeBackButton(visit, consent)}<a href="/consents/${consent.id}">${home.details}<span class="unseen">${home.takeBackOf(toWhom(visit, consent).name)}</span></a></div></article>`;
}

const past = (visit: Visit, consents: readonly Consent[]): Html =>
  consents.length === 0
    ? NOTHING
    : markup`<details><summary>${visit.words.home.past}</summary><ul class="rows">${consents.map(
        (one) =>
          markup`<li><span><a href="/consents/${one.id}">${visit.words.who(toWhom(visit, one))}</a></span>${stateTag(visit, one)}</li>`,
      )}</ul></details>`;

/** Looks of others alone. */
function week(visit: OwnVisit, lines: readonly LookLine[]): Html {
  const { home } = visit.words;
  const others = lines.filter(({ by }) => by !== visit.me.person);
  const count = (what: LookLine['what']): number =>
    others.reduce((sum, one) => sum + (one.what === what ? one.count : 0), 0);
  return markup`<h2>${home.week}</h2><p>${home.weekLooks(count('viewed'), count('refused'))} <a href="/looks">${home.weekLink}</a></p>`;
}

async function home(visit: OwnVisit): Promise<Answer> {
  const { words, me } = visit;
  const [consents, looks, asked, told] = await Promise.all([
    visit.ask(api.listConsents, { query: {} }),
    visit.ask(api.looksOfWeek, { query: {} }),
    visit.ask(api.listAccessRequests, { query: {} }),
    visit.ask(api.listNotices, { query: {} }),
  ]);
  if (!consents.ok) return refusedBy(consents.error);
  if (!looks.ok) return refusedBy(looks.error);
  if (!asked.ok) return refusedBy(asked.error);
  if (!told.ok) return refusedBy(told.error);
  const waiting = asked.value.open;
  const all = consents.value.consents;
  const standing = all.filter(({ state }) => STANDS.has(state));
  const give = linkButton('/give', words.home.give);
  return {
    is: 'page',
    title: words.home.title,
    main: markup`<p class="muted">${words.home.hello(me.handle)}</p>
<h1>${words.home.title}</h1>
${cameByLink(visit) ? markup`<div class="banner"><p>${words.home.link} <a href="/me">${words.nav.me}</a></p></div>` : ''}
${told.value.unread === 0 ? NOTHING : markup`<div class="banner"><p><strong>${words.notices.unread(told.value.unread)}</strong> <a href="/notices">${words.notices.read}</a></p></div>`}
${waiting === 0 ? NOTHING : markup`<div class="banner"><p><strong>${words.home.asked(waiting)}</strong> <a href="/requests">${words.home.answer}</a></p></div>`}
${standing.length === 0 ? emptyState(words.home.none, words.home.noneWhy, markup`<p>${give}</p>`) : markup`${standing.map((one) => card(visit, one))}<p>${give}</p>`}
${past(
  visit,
  all.filter(({ state }) => !STANDS.has(state)),
)}
${week(visit, looks.value.lines)}
<h2>${words.home.number}</h2><p><span class="number">${me.person}</span></p><p class="muted">${words.home.numberWhy}</p>`,
  };
}

export const homePages: readonly PageRoute[] = [{ method: 'GET', path: '/', show: home }];
