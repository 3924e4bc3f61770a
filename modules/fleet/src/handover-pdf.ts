/** The handover certificate on paper: the same in plain words, with the signed JSON and the city's signature inside the file. */
import PDFDocument from 'pdfkit';
import type { Handover, HandoverCertificate } from '@cityward/contracts';
import { CHECK_TITLES, hashOf } from './domain/gate/handover.ts';
import { FONTS, shown, UNSHOWN, useFonts } from './handover-fonts.ts';

/** A4 in points, with room for a punched edge. */
const MARGIN = 56;
const WIDTH = 595.28 - 2 * MARGIN;
const BOTTOM = 841.89 - 84;
const INK = '#1b1f24';
const SOFT = '#59636e';
const LINE = '#d0d7de';
const GREEN = '#1a7f37';
const AMBER = '#9a6700';
const LABEL_WIDTH = 118;
const HASH_LINE_CHARS = 32;

export interface PdfSource {
  /** The signed JSON, and the city's detached signature on it. */
  readonly json: Uint8Array;
  readonly signature: Uint8Array;
}
type Document = InstanceType<typeof PDFDocument>;

/** The same certificate gives the same bytes: every time in the file is the certificate's own. */
export async function handoverPdf({ json, signature }: PdfSource): Promise<Buffer> {
  const certificate = JSON.parse(Buffer.from(json).toString('utf8')) as HandoverCertificate;
  const { handover } = certificate;
  const at = new Date(handover.at);
  const info = {
    Title: `Handover of ${handover.device.name}`,
    Author: handover.city,
    // In letters of any script, also of those that the page cannot show.
    Subject: `Installed by ${whoOf(handover.installer)}`,
    Creator: 'Cityward',
    Producer: 'Cityward',
    CreationDate: at,
    ModDate: at,
  };
  const page = { size: 'A4', margins: { top: MARGIN, bottom: MARGIN, left: MARGIN, right: MARGIN } };
  const document = new PDFDocument({ ...page, info, lang: 'en-GB', bufferPages: true, displayTitle: true });
  useFonts(document);
  const written = bytesOf(document);
  const files = { creationDate: at, modifiedDate: at };
  document.file(Buffer.from(json), { ...files, name: `${handover.id}.json`, type: 'application/json' });
  document.file(Buffer.from(signature), { ...files, name: `${handover.id}.p7s`, type: 'application/pkcs7-signature' });
  head(document, handover);
  subject(document, handover);
  checks(document, handover);
  clauses(document, handover);
  signatures(document, certificate, hashOf(json));
  feet(document, handover);
  document.end();
  return written;
}

async function bytesOf(document: Document): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of document) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const when = (at: number): string => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

const whoOf = ({ name, company }: Handover['installer']): string => (company === null ? name : `${name}, ${company}`);

function head(document: Document, { city, device, id, at }: Handover): void {
  document.font(FONTS.text).fontSize(9).fillColor(SOFT).text(shown(city.toUpperCase()), { characterSpacing: 1.2 });
  document.moveDown(0.4).font(FONTS.bold).fontSize(22).fillColor(INK).text('Certificate of handover');
  document.moveDown(0.2).font(FONTS.text).fontSize(11).fillColor(SOFT);
  document.text(shown(`${device.name} was commissioned and handed over to the city on ${when(at)}.`));
  document.text(`Certificate ${id}`);
  rule(document);
}

function rule(document: Document): void {
  document.moveDown(0.7);
  document
    .moveTo(MARGIN, document.y)
    .lineTo(MARGIN + WIDTH, document.y)
    .lineWidth(0.7)
    .strokeColor(LINE)
    .stroke();
  document.moveDown(0.7);
}

/** A heading never stands alone at the foot of a page. */
function heading(document: Document, title: string): void {
  room(document, 70);
  document.font(FONTS.bold).fontSize(12.5).fillColor(INK).text(title, MARGIN, document.y, { width: WIDTH });
  document.moveDown(0.35);
}

function room(document: Document, height: number): void {
  if (document.y + height > BOTTOM) document.addPage();
}

function row(document: Document, label: string, value: string): void {
  const width = WIDTH - LABEL_WIDTH;
  document.fontSize(9.5).font(FONTS.text);
  const height = document.heightOfString(shown(value), { width });
  room(document, height + 4);
  const { y } = document;
  document.fillColor(SOFT).text(label, MARGIN, y, { width: LABEL_WIDTH - 10 });
  document.fillColor(INK).text(shown(value), MARGIN + LABEL_WIDTH, y, { width });
  document.y = y + height + 4;
  document.x = MARGIN;
}

function subject(document: Document, { device, place }: Handover): void {
  heading(document, 'The device');
  row(document, 'Name', `${device.name} (${device.id})`);
  row(document, 'Kind', `${device.class.replaceAll('-', ' ')}, ${device.model}`);
  row(document, 'Serial number', device.serial ?? 'not known');
  row(document, 'Network address', device.mac ?? 'not known');
  row(document, 'Identity', device.spiffe);
  row(document, 'Its certificate', device.certificate);
  const where = [place.street, place.site, place.ward].filter((part) => part !== null && part !== '').join(', ');
  const point = place.lat !== null && place.lon !== null ? `${place.lat.toFixed(5)}, ${place.lon.toFixed(5)}` : '';
  row(document, 'Place', [where, point].filter((part) => part !== '').join(' · ') || 'not known');
  rule(document);
}

function checks(document: Document, { checks: all }: Handover): void {
  heading(document, 'What was checked');
  for (const { check, state, why, at, by, exception } of all) {
    const green = state === 'passed';
    const seen = at === null ? '' : ` Seen ${when(at)} by ${by ?? 'the city'}.`;
    const owner = exception
      ? ` Excepted until ${when(exception.until)}; ${exception.owner} answers for it: ${exception.reason}.`
      : '';
    const text = shown(`${why}.${seen}${owner}`);
    document.font(FONTS.text).fontSize(9.5);
    const width = WIDTH - 20;
    room(document, document.heightOfString(text, { width }) + 26);
    const top = document.y;
    mark(document, top + 4.5, green);
    document
      .font(FONTS.bold)
      .fontSize(10)
      .fillColor(INK)
      .text(CHECK_TITLES[check], MARGIN + 20, top, { continued: true });
    document
      .font(FONTS.text)
      .fillColor(green ? GREEN : AMBER)
      .text(green ? '  green' : '  let be, not green');
    document
      .fontSize(9.5)
      .fillColor(INK)
      .text(text, MARGIN + 20, document.y, { width });
    document.moveDown(0.5);
    document.x = MARGIN;
  }
  rule(document);
}

/** A tick or a bar, never colour alone. */
function mark(document: Document, y: number, green: boolean): void {
  document.lineWidth(1.6).strokeColor(green ? GREEN : AMBER);
  if (green)
    document
      .moveTo(MARGIN + 1, y)
      .lineTo(MARGIN + 4.5, y + 3.5)
      .lineTo(MARGIN + 11, y - 4.5)
      .stroke();
  else
    document
      .moveTo(MARGIN + 1, y)
      .lineTo(MARGIN + 11, y)
      .stroke();
}

function clauses(document: Document, { clauses: all, installer }: Handover): void {
  heading(document, 'What the installer promises');
  document.font(FONTS.text).fontSize(9.5).fillColor(SOFT);
  document.text(shown(`Signed with this certificate by ${whoOf(installer)}.`), MARGIN, document.y, { width: WIDTH });
  document.moveDown(0.4);
  all.forEach(({ id, text }, index) => {
    document.font(FONTS.text).fontSize(9.5);
    room(document, document.heightOfString(shown(text), { width: WIDTH - 20 }) + 18);
    const { y } = document;
    document.fillColor(SOFT).text(`${index + 1}.`, MARGIN, y, { width: 18 });
    document.fillColor(INK).text(shown(text), MARGIN + 20, y, { width: WIDTH - 20 });
    document
      .fontSize(7.5)
      .fillColor(SOFT)
      .text(id, MARGIN + 20, document.y, { width: WIDTH - 20 });
    document.moveDown(0.45);
    document.x = MARGIN;
  });
  rule(document);
}

function signatures(document: Document, { handover, signature }: HandoverCertificate, hash: string): void {
  const { installer, id, city } = handover;
  heading(document, 'Signatures, and how to check them');
  const how = signature.alg === 'webauthn' ? 'a passkey' : 'a key of their own';
  row(document, 'Installer', `${whoOf(installer)}, signed in as ${installer.as}, with ${how}`);
  if (shown(whoOf(installer)).includes(UNSHOWN))
    row(document, 'Letters', `This page cannot show all letters of this name (${UNSHOWN}). The signed file has them.`);
  row(document, 'City', `${city}, by its certificate for documents`);
  row(document, 'SHA-256', hash.replace(new RegExp(`.{${HASH_LINE_CHARS}}(?=.)`, 'g'), '$&\n'));
  document.moveDown(0.3).font(FONTS.text).fontSize(9.5).fillColor(INK);
  room(document, 110);
  document.text(
    shown(
      `This page is a copy for people. What was signed is the file ${id}.json, which is attached to this PDF with its signature ${id}.p7s. The hash above is that file's, and is in the city's ledger. Whoever has the city's root certificate from the city itself can check both without asking anybody:`,
    ),
    MARGIN,
    document.y,
    { width: WIDTH },
  );
  document.moveDown(0.4).font('Courier').fontSize(8).fillColor(INK);
  document.text(`cityward handover verify ${id}.json --ca city-root.pem`, { width: WIDTH });
  document.text(
    `openssl cms -verify -binary -purpose any -inform DER -in ${id}.p7s -content ${id}.json -CAfile city-root.pem`,
    { width: WIDTH },
  );
}

function feet(document: Document, { city, id }: Handover): void {
  const { start, count } = document.bufferedPageRange();
  for (let index = start; index < start + count; index++) {
    document.switchToPage(index);
    // Below the margin a text would open a new page.
    document.page.margins.bottom = 0;
    document.font(FONTS.text).fontSize(8).fillColor(SOFT);
    document.text(shown(`${city} · Handover ${id} · page ${index + 1} of ${count}`), MARGIN, 841.89 - 46, {
      width: WIDTH,
      align: 'center',
      lineBreak: false,
    });
  }
}
