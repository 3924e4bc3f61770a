/** Parts that pages are made of: each with its label, hint and fault joined to it, as screen readers and keyboards need. */
import { Html, markup, NOTHING } from './markup.ts';
import { formMark } from './layout.ts';
import type { Visit } from './visit.ts';

export type Faults = ReadonlyMap<string, string>;

/** The list of what is not right, each leading to its field. It has the focus when the page comes. */
export const faultSummary = ({ words }: Pick<Visit, 'words'>, faults: Faults): Html =>
  faults.size === 0
    ? NOTHING
    : markup`<div class="faults" role="alert" tabindex="-1" autofocus aria-labelledby="faults"><h2 id="faults">${words.errors.heading}</h2><ul>${[...faults].map(([field, text]) => markup`<li><a href="#${field}">${text}</a></li>`)}</ul></div>`;

interface Described {
  readonly id: string;
  readonly hint?: string | undefined;
  readonly fault?: string | undefined;
}
const describedBy = ({ id, hint, fault }: Described): Html => {
  const ids = [hint ? `${id}-hint` : null, fault ? `${id}-fault` : null].filter((one) => one !== null);
  return ids.length === 0 ? NOTHING : markup` aria-describedby="${ids.join(' ')}"`;
};
const notes = ({ id, hint, fault }: Described): Html =>
  markup`${hint ? markup`<p class="hint" id="${id}-hint">${hint}</p>` : ''}${fault ? markup`<p class="fault" id="${id}-fault">${fault}</p>` : ''}`;

interface TextField extends Described {
  readonly label: string;
  readonly value?: string;
  readonly width?: 'day' | 'year' | 'code';
  readonly mode?: 'numeric' | 'text';
  readonly autocomplete?: string;
}
export const textField = (one: TextField): Html =>
  markup`<div class="field${one.fault ? ' faulty' : ''}"><label for="${one.id}">${one.label}</label>${notes(one)}<input class="${one.width ?? 'text'}" id="${one.id}" name="${one.id}" type="text" value="${one.value ?? ''}" inputmode="${one.mode ?? 'text'}" spellcheck="false" autocapitalize="none" autocomplete="${one.autocomplete ?? 'off'}"${one.fault ? new Html(' aria-invalid="true"') : ''}${describedBy(one)}></div>`;

export interface Choice {
  readonly value: string;
  readonly label: string;
}
interface Choices extends Described {
  readonly kind: 'checkbox' | 'radio';
  readonly label: string;
  readonly choices: readonly Choice[];
  readonly chosen: ReadonlySet<string>;
}
/** Nothing is chosen but what the person chose. The first one has the field's id, so that a fault leads to it. */
export const choiceField = (one: Choices): Html =>
  markup`<fieldset class="field${one.fault ? ' faulty' : ''}"${describedBy(one)}><legend>${one.label}</legend>${notes(one)}${one.choices.map(
    ({ value, label }, at) => {
      const id = at === 0 ? one.id : `${one.id}-${at + 1}`;
      const isChosen = one.chosen.has(value);
      return markup`<div class="choice"><input type="${one.kind}" id="${id}" name="${one.id}" value="${value}"${isChosen ? new Html(' checked') : ''}><label for="${id}">${label}</label></div>`;
    },
  )}</fieldset>`;

export interface ChoiceGroup {
  readonly label: string;
  readonly choices: readonly Choice[];
}
interface SelectField extends Described {
  readonly label: string;
  readonly nothing: string;
  readonly groups: readonly ChoiceGroup[];
  readonly value: string;
}
export const selectField = (one: SelectField): Html =>
  markup`<div class="field${one.fault ? ' faulty' : ''}"><label for="${one.id}">${one.label}</label>${notes(one)}<select id="${one.id}" name="${one.id}"${one.fault ? new Html(' aria-invalid="true"') : ''}${describedBy(one)}><option value="">${one.nothing}</option>${one.groups.map(
    ({ label, choices }) =>
      markup`<optgroup label="${label}">${choices.map((choice) => markup`<option value="${choice.value}"${choice.value === one.value ? new Html(' selected') : ''}>${choice.label}</option>`)}</optgroup>`,
  )}</select></div>`;

interface DateField extends Described {
  readonly label: string;
  readonly names: { readonly day: string; readonly month: string; readonly year: string };
  readonly values: { readonly day: string; readonly month: string; readonly year: string };
}
/** Three short fields: no picker to find one's way in. */
export function dateField(one: DateField): Html {
  const { id, names, values, fault } = one;
  const invalid = fault ? new Html(' aria-invalid="true"') : NOTHING;
  const part = (name: 'day' | 'month' | 'year', fieldId: string): Html =>
    markup`<div><label for="${fieldId}">${names[name]}</label><input class="${name === 'year' ? 'year' : 'day'}" id="${fieldId}" name="${id}-${name}" type="text" inputmode="numeric" autocomplete="off" value="${values[name]}"${invalid}></div>`;
  return markup`<fieldset class="field${fault ? ' faulty' : ''}"${describedBy(one)}><legend>${one.label}</legend>${notes(one)}<div class="date">${part('day', id)}${part('month', `${id}-month`)}${part('year', `${id}-year`)}</div></fieldset>`;
}

interface Button {
  readonly to: string;
  readonly label: string;
  /** Read by screen readers after the label, where several buttons have the same. */
  readonly of?: string;
  readonly look?: 'main' | 'second' | 'warn';
  readonly fields?: Readonly<Record<string, string | readonly string[]>>;
  readonly id?: string;
}
const hiddenFields = (fields: Readonly<Record<string, string | readonly string[]>>): Html[] =>
  Object.entries(fields).flatMap(([name, values]) =>
    [values].flat().map((value) => markup`<input type="hidden" name="${name}" value="${value}">`),
  );
/** One click that does something: a form of its own, so that it needs no script. */
export const actButton = (
  visit: Pick<Visit, 'caller'>,
  { to, label, of, look = 'main', fields = {}, id }: Button,
): Html =>
  markup`<form method="post" action="${to}">${formMark(visit)}${hiddenFields(fields)}<button type="submit" class="${look}"${id ? markup` id="${id}"` : ''}>${label}${of ? markup`<span class="unseen">${of}</span>` : ''}</button></form>`;

export const linkButton = (to: string, label: string, look: 'main' | 'second' = 'main'): Html =>
  markup`<a class="button ${look}" href="${to}">${label}</a>`;

export const summaryList = (rows: readonly (readonly [string, Html | string])[]): Html =>
  markup`<dl class="summary">${rows.map(([name, value]) => markup`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;

/** What is not there yet, why, and what to do. */
export const emptyState = (title: string, why: string, act: Html = NOTHING): Html =>
  markup`<div class="empty"><h2>${title}</h2><p>${why}</p>${act}</div>`;

export const panel = (title: string, text: string): Html =>
  markup`<div class="panel"><h1>${title}</h1><p>${text}</p></div>`;

/** A state as sign, word and colour. */
export const tag = (kind: 'good' | 'quiet' | 'warn', word: string): Html => {
  const sign = { good: '●', quiet: '○', warn: '▲' }[kind];
  return markup`<span class="tag ${kind}"><span aria-hidden="true">${sign}</span> ${word}</span>`;
};
