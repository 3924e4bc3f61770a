// How a page shows what it opened: a resource in words where there are any, else as it is stored.
import { tellResource } from '/fhir-rows.js';

export function element(name, text, lang) {
  const one = document.createElement(name);
  if (text !== undefined) one.textContent = text;
  if (lang) one.lang = lang;
  return one;
}

function listOf({ rows, language }) {
  const list = element('dl');
  list.className = 'summary';
  for (const { name, value } of rows) {
    const row = element('div');
    row.append(element('dt', name), element('dd', value, language));
    list.append(row);
  }
  return list;
}

/** What the place says of itself: the words of the fields, the page's language, the city's zone. */
export function showJson(into, text, { fields, language, zone }) {
  const value = JSON.parse(text);
  const days = new Intl.DateTimeFormat(language === 'mi' ? 'mi' : 'en-NZ', { timeZone: zone, dateStyle: 'long' });
  const told = tellResource(value, JSON.parse(fields), { day: (at) => days.format(at) });
  if (told) into.append(element('h2', told.title, told.language), listOf(told));
  else into.append(element('pre', JSON.stringify(value, null, 2)));
}
