/** Pages such as a city holds about people, made up: the same for the same seed. */
import { seeded, type Random } from '@cityward/kernel';
import { createCanvas, pdfFile } from '@cityward/pictures/testing';

export interface Page {
  readonly kind: string;
  readonly media: 'application/fhir+json' | 'application/json' | 'text/plain' | 'application/pdf' | 'image/jpeg';
  readonly content: Buffer;
}
type Make = (random: Random) => Promise<Omit<Page, 'kind'>> | Omit<Page, 'kind'>;

const WORDS = [
  'haemoglobin',
  'glucose',
  'renal',
  'function',
  'stable',
  'repeat',
  'in',
  'six',
  'weeks',
  'no',
  'change',
  'of',
  'dose',
  'kidney',
  'within',
  'range',
  'discussed',
  'whānau',
  'letter',
  'to',
  'clinic',
  'appointment',
  'review',
  'the',
];
const words = (random: Random, count: number): string =>
  Array.from({ length: count }, () => random.pick(WORDS)).join(' ');
const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

const results: Make = (random) => ({
  media: 'application/fhir+json',
  content: json({
    ...{ resourceType: 'Bundle', type: 'collection' },
    entry: Array.from({ length: 1 + random.int(7) }, () => ({
      resource: {
        ...{ resourceType: 'Observation', status: 'final', code: { text: words(random, 2) } },
        effectiveDateTime: '2027-01-14T08:05:00+13:00',
        valueQuantity: { value: random.int(900) / 10, unit: random.pick(['mmol/L', 'g/L', 'mmol/mol']) },
        referenceRange: [{ low: { value: 20 }, high: { value: 40 } }],
        note: [{ text: words(random, random.int(30)) }],
      },
    })),
  }),
});
const letter: Make = (random) => ({
  media: 'text/plain',
  content: Buffer.from(
    Array.from({ length: 3 + random.int(12) }, () => words(random, 20 + random.int(60))).join('\n\n'),
  ),
});
/** Every line of the page full: the least room for a mark. */
const dense: Make = (random) => ({ media: 'text/plain', content: Buffer.from(words(random, 900)) });
const table: Make = (random) => ({
  media: 'application/json',
  content: json(Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`reading ${at + 1}`, random.int(100_000)]))),
});
const short: Make = (random) => ({ media: 'text/plain', content: Buffer.from(words(random, 6)) });

/** A PDF of one page, in a font that every reader of PDF has. */
const pdf: Make = (random) => {
  const lines = Array.from({ length: 20 + random.int(30) }, () => `(${words(random, 9).replace(/[^ -~]/g, 'a')}) ' `);
  const shown = `0.8 0.9 1 rg 40 ${random.int(500)} 500 80 re f 0 g BT /F 11 Tf 15 TL 50 790 Td ${lines.join('')} ET`;
  const objects = [
    '<</Type/Catalog/Pages 2 0 R>>',
    '<</Type/Pages/Kids[3 0 R]/Count 1>>',
    '<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>',
    `<</Length ${shown.length}>>\nstream\n${shown}\nendstream`,
    '<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>',
  ];
  return { media: 'application/pdf', content: pdfFile(objects) };
};

/** Shapes and grain in colour, or light on black as of X-rays. */
const picture =
  (isDark: boolean): Make =>
  async (random) => {
    const canvas = createCanvas(1_240, 1_754);
    const context = canvas.getContext('2d');
    context.fillStyle = isDark ? '#080808' : '#9ab';
    context.fillRect(0, 0, canvas.width, canvas.height);
    for (let i = 0; i < 400; i++) {
      const light = isDark ? random.int(60) : 20 + random.int(70);
      context.fillStyle = `hsla(${random.int(360)}, ${isDark ? 0 : 45}%, ${light}%, ${isDark ? 0.25 : 0.6})`;
      context.beginPath();
      context.ellipse(
        random.int(1_240),
        random.int(1_754),
        5 + random.int(200),
        5 + random.int(90),
        random.int(3),
        0,
        7,
      );
      context.fill();
    }
    const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
    for (let at = 0; at < pixels.data.length; at += 4) {
      const grain = random.int(15) - 7;
      for (let part = 0; part < 3; part++) pixels.data[at + part] = pixels.data[at + part]! + grain;
    }
    context.putImageData(pixels, 0, 0);
    return { media: 'image/jpeg', content: await canvas.encode('jpeg', 88) };
  };

const KINDS: readonly (readonly [kind: string, of100: number, make: Make])[] = [
  ['results', 30, results],
  ['letter', 20, letter],
  ['dense text', 10, dense],
  ['table', 10, table],
  ['nearly empty', 5, short],
  ['PDF', 15, pdf],
  ['photograph', 5, picture(false)],
  ['X-ray', 5, picture(true)],
];

export async function pageAt(at: number): Promise<Page> {
  let left = (at * 37) % 100;
  const [kind, , make] = KINDS.find(([, of100]) => (left -= of100) < 0) ?? KINDS[0]!;
  return { kind, ...(await make(seeded(`evaluate/watermark/${at}`))) };
}
