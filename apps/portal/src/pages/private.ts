/** Records that only their owner can read: the price before the choice, and what follows from it. All that needs a key happens in the page's own script. */
import {
  api,
  BLIND_PRICE,
  type BlindAsk,
  type BlindGiven,
  type BlindStanding,
  type Consent,
  type HeldRecord,
} from '@cityward/contracts';
import { PRIVATE_SCRIPT } from '../assets.ts';
import type { Html } from '../markup.ts';
import { markup, NOTHING } from '../markup.ts';
import { tag } from '../parts.ts';
import { isOpen } from './emergency.ts';
import { capital } from './held.ts';
import { sentenceOf } from '../sentences.ts';
import { categoryName, refusedBy, whoIs, type Answer, type OwnVisit, type PageRoute } from '../visit.ts';
import { PRIVATE, type PrivateWords } from '../words/private.ts';

interface Around {
  readonly visit: OwnVisit;
  readonly say: PrivateWords;
  readonly standing: BlindStanding;
}
interface Act {
  readonly does: string;
  readonly label: string;
  readonly of?: string;
  readonly look?: 'main' | 'second' | 'warn';
  readonly data?: Readonly<Record<string, string>>;
}
/** What the script hears of: without one there is no button. */
const act = ({ does, label, of, look = 'second', data = {} }: Act): Html =>
  markup`<button type="button" class="${look}" data-private="${does}"${Object.entries(data).map(([name, value]) => markup` data-${name}="${value}"`)}>${label}${of ? markup`<span class="unseen"> (${of})</span>` : ''}</button>`;

const row = (text: string, small: string, button: Html): Html =>
  markup`<li><span><p>${text}</p><small>${small}</small></span>${button}</li>`;

function choicePart({ say, standing }: Around): Html {
  const price = BLIND_PRICE.map(
    (part) =>
      markup`<div class="choice"><input type="checkbox" id="price-${part}" name="price" value="${part}"><label for="price-${part}">${say.parts[part]}</label></div>`,
  );
  return markup`<h2>${say.price}</h2>
<fieldset class="field"><legend>${say.priceLead}</legend>${price}</fieldset><p>${say.backups(standing.backupWeeks)}</p>
<h2>${say.holders}</h2><p>${say.holdersWhy}</p>
<div class="field"><label for="holders">${say.numbers}</label><p class="hint" id="holders-hint">${say.numbersHint}</p><textarea id="holders" rows="3" spellcheck="false" autocomplete="off" aria-describedby="holders-hint"></textarea></div>
<div class="field"><label for="needed">${say.needed}</label><input class="day" id="needed" type="text" inputmode="numeric" autocomplete="off" value=""></div>
<p class="hint">${say.twice}</p><p>${act({ does: 'turn-on', label: say.turnOn, look: 'main' })}</p>`;
}

function recordRows({ visit, say }: Around, records: readonly HeldRecord[]): Html {
  const rows = records
    .filter(({ destroyed }) => destroyed === null)
    .map(({ id, category, versions }) => {
      const [what, stored] = [categoryName(visit, category), visit.calendar.day(versions.at(-1)?.at ?? 0)];
      const button = act({
        does: 'read',
        label: say.open,
        of: `${what}, ${stored}`,
        data: { record: id, purpose: 'PATRQT' },
      });
      return row(capital(what), stored, button);
    });
  return markup`<h2>${say.records}</h2><ul class="rows">${rows}</ul>`;
}

function shareRows({ visit, say }: Around, consents: readonly Consent[]): Html {
  const named = consents.filter(({ state, person }) => state === 'standing' && person !== null);
  const rows = named.map((consent) => {
    const { name } = whoIs(visit, consent.person!);
    const button = act({ does: 'share', label: say.giveKeys, of: name, data: { consent: consent.id } });
    return row(visit.words.home.canSee(sentenceOf(visit, consent)), '', button);
  });
  const list = named.length === 0 ? markup`<p class="muted">${say.nobody}</p>` : markup`<ul class="rows">${rows}</ul>`;
  return markup`<h2>${say.share}</h2><div class="inset"><p>${say.shareWhy}</p></div>${list}`;
}

function standingPart({ say, standing: { mode } }: Around): Html {
  if (mode === null) return markup`<div class="inset"><p>${say.isOff}</p></div>`;
  const { state, left } = mode;
  const words = state === 'on' ? say.isOn : say.turningOff(left);
  const rest = state === 'on' && left > 0 ? markup`<p>${say.sealing(left)}</p>` : NOTHING;
  return markup`<div class="banner"><p>${words}</p>${rest}</div>`;
}

async function onPart(around: Around): Promise<Html> {
  const { visit, say, standing } = around;
  const [records, consents] = await Promise.all([
    visit.ask(api.listRecords, { query: {} }),
    visit.ask(api.listConsents, { query: {} }),
  ]);
  const { state } = standing.mode!;
  const rest =
    state === 'on'
      ? markup`<h2>${say.turnOff}</h2><p>${say.turnOffWhy}</p><p>${act({ does: 'turn-off', label: say.turnOff, look: 'warn' })}</p>`
      : markup`<h2>${say.turnOff}</h2><p>${say.turnOffWhy}</p><p>${act({ does: 'hand-back', label: say.handBack, look: 'main' })}</p>`;
  const lists = markup`${recordRows(around, records.ok ? records.value.records : [])}${shareRows(around, consents.ok ? consents.value.consents : [])}${safetyPart(around)}`;
  // What was begun comes first.
  return state === 'on' ? markup`${lists}${rest}` : markup`${rest}${lists}`;
}

function waitsPart({ visit, say, standing }: Around): Html {
  const waiting = (standing.mode?.holders ?? []).filter(({ waits }) => waits);
  if (waiting.length === 0) return NOTHING;
  const rows = waiting.map(
    ({ person, publicKey }) =>
      markup`<li><span><p>${say.waits(whoIs(visit, person).name)}</p><small>${say.freshKey}: <code data-key="${publicKey}"></code></small></span></li>`,
  );
  return markup`<ul class="rows">${rows}</ul><p>${act({ does: 'renew', label: say.renew })}</p>`;
}

function safetyPart(around: Around): Html {
  const { say, standing } = around;
  const { recovery, mode } = standing;
  const asked =
    recovery === null
      ? (mode?.holders.length ?? 0) > 0
        ? markup`<p>${act({ does: 'ask-recovery', label: say.askRecovery })}</p>`
        : NOTHING
      : markup`<p>${say.finishRecovery(recovery.released.length, mode?.needed ?? 0)}</p><p>${say.compare}: <code data-key="${recovery.publicKey}"></code></p><p>${act({ does: 'recover', label: say.finish })} ${act({ does: 'end-recovery', label: say.cancel })}</p>`;
  return markup`<h2>${say.safety}</h2>${waitsPart(around)}<p>${say.sheetWhy}</p><p>${act({ does: 'sheet', label: say.sheet })}</p><p id="private-sheet" class="number" hidden></p>
<details${recovery === null ? NOTHING : markup` open`}><summary>${say.restore}</summary><div class="field"><label for="sheet-key">${say.restoreLabel}</label><input class="text" id="sheet-key" type="text" autocomplete="off" spellcheck="false"></div><p>${act({ does: 'restore', label: say.restoreAct })}</p>${asked}</details>`;
}

function givenRows({ visit, say }: Around, records: readonly BlindGiven[]): Html {
  if (records.length === 0) return NOTHING;
  const rows = records.map(({ record, subject, category, purpose }) => {
    const [who, what] = [whoIs(visit, subject).name, categoryName(visit, category)];
    return row(
      `${who}: ${what}`,
      visit.words.purposes[purpose],
      act({ does: 'read', label: say.open, of: `${who}, ${what}`, data: { record, purpose } }),
    );
  });
  return markup`<h2>${say.given}</h2><div class="inset"><p>${say.givenWhy}</p></div><ul class="rows">${rows}</ul>`;
}

function askRows({ visit, say }: Around, asks: readonly BlindAsk[]): Html {
  if (asks.length === 0) return NOTHING;
  const rows = asks.map(({ id, is, to, subject, publicKey, released }) => {
    const [who, whose] = [whoIs(visit, to).name, whoIs(visit, subject).name];
    const text = is === 'recovery' ? say.recovery(who) : say.emergency(who, whose);
    const done = released
      ? tag('good', say.released)
      : act({ does: 'release', label: say.release, of: who, data: { ask: id } });
    return markup`<li><span><p>${text}</p><small>${say.compare}: <code data-key="${publicKey}"></code></small></span>${done}</li>`;
  });
  return markup`<h2>${say.asks}</h2><p>${say.asksWhy}</p><ul class="rows">${rows}</ul>`;
}

/** For whoever has a key that others can give theirs to. */
const givenNone = ({ say, standing: { key } }: Around, given: readonly BlindGiven[]): Html =>
  key === null || given.length > 0 ? NOTHING : markup`<h2>${say.given}</h2><p class="muted">${say.givenNone}</p>`;

async function glassRows({ visit, say, standing }: Around): Promise<Html> {
  if (standing.key === null) return NOTHING;
  const listed = await visit.ask(api.listOwnGlass);
  const now = visit.needs.clock();
  const open = listed.ok ? listed.value.glasses.filter((one) => isOpen(one, now)) : [];
  if (open.length === 0) return NOTHING;
  const rows = open.map(({ id, subject }) => {
    const whose = whoIs(visit, subject).name;
    return row(
      say.glassOf(whose),
      '',
      act({ does: 'ask-holders', label: say.askHolders, of: whose, data: { glass: id } }),
    );
  });
  return markup`<h2>${say.glass}</h2><ul class="rows">${rows}</ul>`;
}

const keyPart = ({ say, standing: { key, mode } }: Around): Html =>
  key === null
    ? markup`<h2>${say.ownKey}</h2><p>${say.ownKeyWhy}</p><p>${act({ does: 'keep', label: say.keep })}</p>`
    : markup`<h2>${say.ownKey}</h2><p>${say.haveKey}</p><p><code data-key="${key.publicKey}"></code></p>${mode === null ? lostKey(say) : NOTHING}`;
/** One that opens records of one's own is brought back; another is made anew. */
const lostKey = (say: PrivateWords): Html =>
  markup`<details><summary>${say.lostKey}</summary><p>${say.lostKeyWhy}</p><p>${act({ does: 'new-key', label: say.newKey, look: 'warn' })}</p></details>`;

async function show(visit: OwnVisit): Promise<Answer> {
  const say = PRIVATE[visit.language];
  const read = await visit.ask(api.getBlind);
  if (!read.ok) return refusedBy(read.error);
  const around: Around = { visit, say, standing: read.value };
  const isMode = read.value.mode !== null;
  const [listed, asked, glass, on] = await Promise.all([
    visit.ask(api.listBlindGiven),
    visit.ask(api.listBlindAsks),
    glassRows(around),
    isMode ? onPart(around) : NOTHING,
  ]);
  const given = listed.ok ? listed.value.records : [];
  const { words, language, me } = visit;
  const data = { say: JSON.stringify(say.say), fields: JSON.stringify(words.record.fields) };
  return {
    is: 'page',
    title: say.title,
    back: '/me',
    main: markup`<h1>${say.title}</h1>${isMode ? NOTHING : markup`<p class="lead">${say.lead}</p>`}<p class="without-script">${say.needsScript}</p>
<div class="with-script" id="private" data-me="${me.person}" data-say="${data.say}" data-fields="${data.fields}" data-file="${words.record.file}" data-language="${language}" data-zone="${visit.needs.timeZone}">
<p class="banner" id="private-status" role="status" hidden></p><p class="faults" id="private-fault" role="alert" tabindex="-1" hidden></p>
<section id="private-shown" class="live" aria-live="polite" hidden><p class="muted">${say.shown}</p><div></div></section>
${standingPart(around)}${askRows(around, asked.ok ? asked.value.asks : [])}${glass}${givenRows(around, given)}
${isMode ? markup`${on}${keyPart(around)}` : markup`${keyPart(around)}${givenNone(around, given)}${choicePart(around)}`}</div><script src="${PRIVATE_SCRIPT.address}" type="module"></script>`,
  };
}

export const privatePages: readonly PageRoute[] = [{ method: 'GET', path: '/private', show }];
