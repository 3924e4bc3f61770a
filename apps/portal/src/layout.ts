/** The frame of every page: header, language, pages, main part, footer. */
import { LIVE_SCRIPT, SCRIPT, STYLE } from './assets.ts';
import { markOf, MARK_FIELD } from './forms.ts';
import { Html, markup, NOTHING } from './markup.ts';
import type { Answer, Visit } from './visit.ts';
import { LANGUAGES, TAGS, WORDS, type Language, type Words } from './words/index.ts';

type Page = Extract<Answer, { is: 'page' }>;

const SHIELD = markup`<svg class="shield" viewBox="0 0 32 32" width="30" height="30" aria-hidden="true" focusable="false"><path d="M16 2l12 4.5v8.5c0 7-5 12.5-12 15-7-2.5-12-8-12-15V6.5z" fill="currentColor"/><path d="M10 21v-6.5h4V10h5v8h3.5v3" fill="none" stroke="var(--band)" stroke-width="2.2" stroke-linejoin="round" stroke-linecap="round"/></svg>`;

const PAGES: readonly (readonly [string, keyof Words['nav']])[] = [
  ['/', 'home'],
  ['/held', 'held'],
  ['/looks', 'looks'],
  ['/notices', 'notices'],
  ['/shared', 'shared'],
  ['/me', 'me'],
];

/** The button's own form carries the mark of the session, as every form that changes something. */
export const formMark = (visit: Pick<Visit, 'caller'>): Html =>
  markup`<input type="hidden" name="${MARK_FIELD}" value="${markOf(visit.caller.sessionToken)}">`;

function languageLinks(language: Language, path: string): Html {
  const links = LANGUAGES.map((one) =>
    one === language
      ? markup`<li lang="${TAGS[one]}" aria-current="true"><span>${WORDS[one].language.name}</span></li>`
      : markup`<li lang="${TAGS[one]}"><a href="/language/${one}?back=${encodeURIComponent(path)}" hreflang="${TAGS[one]}" lang="${TAGS[one]}" aria-label="${WORDS[one].language.switchTo}">${WORDS[one].language.name}</a></li>`,
  );
  return markup`<nav class="languages" aria-label="${WORDS[language].language.label}"><ul>${links}</ul></nav>`;
}

function pageLinks(visit: Visit): Html {
  const { me, words } = visit;
  if (!me) return NOTHING;
  const [path = '/'] = visit.path.split('?');
  const links = PAGES.map(([to, name]) => {
    const isHere = to === '/' ? path === '/' : path === to || path.startsWith(`${to}/`);
    return markup`<li><a href="${to}"${isHere ? new Html(' aria-current="page"') : ''}>${words.nav[name]}</a></li>`;
  });
  return markup`<div class="pages"><nav class="wide" aria-label="${words.nav.label}"><ul>${links}</ul></nav></div>`;
}

const signOut = (visit: Visit): Html =>
  visit.me
    ? markup`<div class="person"><span>${visit.me.handle}</span><form method="post" action="/sign-out">${formMark(visit)}<button class="plain" type="submit">${visit.words.nav.signOut}</button></form></div>`
    : NOTHING;

/** Where the language comes back to: a page that was sent to by a form is not asked for again. */
const backTo = ({ path, caller: _, ...visit }: Visit, page: Page): string =>
  page.back ?? (visit.form.size > 0 ? '/' : path);

export function documentOf(visit: Visit, page: Page): string {
  const { words, language, needs } = visit;
  const name = page.isFaulty ? words.errors.title(page.title) : page.title;
  const back = page.back ? markup`<a class="back" href="${page.back}">${words.nav.back}</a>` : NOTHING;
  return markup`<!doctype html>
<html lang="${TAGS[language]}">
<head>
<meta charset="utf-8">
<title>${words.title(name, needs.city)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">${page.onTo ? markup`\n<meta http-equiv="refresh" content="0; url=${page.onTo}">` : ''}
<link rel="icon" href="/shield.svg" type="image/svg+xml">
<link rel="stylesheet" href="${STYLE.address}">
<script src="${SCRIPT.address}" defer></script>
<script src="${LIVE_SCRIPT.address}" type="module"></script>
</head>
<body>
<a class="skip" href="#main">${words.nav.skip}</a>
<header>
<div class="band"><div class="wide"><a class="name" href="/">${SHIELD}<span><b>${needs.city}</b> <span>${words.nav.service}</span></span></a>${languageLinks(language, backTo(visit, page))}${signOut(visit)}</div></div>
${pageLinks(visit)}
</header>
${needs.notice === null ? '' : markup`<div class="notice" role="note"><div class="wide" lang="en-NZ">${needs.notice}</div></div>`}
<div class="wide">
${back}
<main id="main" tabindex="-1">
${page.main}
</main>
</div>
<footer><div class="wide"><p><a href="/help">${words.footer.help}</a></p><p>${words.footer.nothing}</p></div></footer>
</body>
</html>
`.text;
}
