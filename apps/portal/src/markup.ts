/** HTML as a value: what is put into a template is text, and escaped, unless it is HTML itself. */

export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Inlet = Html | string | number | null | undefined | false | readonly Inlet[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** For text between tags and in attributes within double quotes; nothing is put anywhere else. */
export const escaped = (text: string): string => text.replace(/[&<>"']/g, (one) => ENTITIES[one]!);

function written(inlet: Inlet): string {
  if (inlet instanceof Html) return inlet.text;
  if (Array.isArray(inlet)) return (inlet as readonly Inlet[]).map(written).join('');
  if (inlet === null || inlet === undefined || inlet === false) return '';
  return escaped(String(inlet as string | number));
}

export const markup = (strings: TemplateStringsArray, ...inlets: readonly Inlet[]): Html =>
  new Html(strings.map((text, at) => text + (at < inlets.length ? written(inlets[at]) : '')).join(''));

export const NOTHING = new Html('');
