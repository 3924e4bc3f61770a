/** The handover certificate on paper: the same in plain words, with the signed JSON and the city's signature inside the file. */
import type { Handover, HandoverCertificate } from '@cityward/contracts';
import { createPaper, shown, UNSHOWN, when, type Paper } from '@cityward/paper';
import { CHECK_TITLES, hashOf } from './domain/gate/handover.ts';

const HASH_LINE_CHARS = 32;
/** The signatures and how to check them stay on one page. */
const HOW_TO_CHECK_ROOM = 110;

export interface PdfSource {
  /** The signed JSON, and the city's detached signature on it. */
  readonly json: Uint8Array;
  readonly signature: Uint8Array;
}

/** The same certificate gives the same bytes: every time in the file is the certificate's own. */
export function handoverPdf({ json, signature }: PdfSource): Promise<Buffer> {
  const certificate = JSON.parse(Buffer.from(json).toString('utf8')) as HandoverCertificate;
  const { device, city, id, at, installer, place, checks: all, clauses: promised } = certificate.handover;
  const paper = createPaper({
    title: `Handover of ${device.name}`,
    author: city,
    subject: `Installed by ${whoOf(installer)}`,
    at,
    foot: `${city} · Handover ${id}`,
    files: [
      { name: `${id}.json`, type: 'application/json', bytes: json },
      { name: `${id}.p7s`, type: 'application/pkcs7-signature', bytes: signature },
    ],
  });
  paper.head({
    over: city,
    title: 'Certificate of handover',
    lines: [`${device.name} was commissioned and handed over to the city on ${when(at)}.`, `Certificate ${id}`],
  });
  subject(paper, device, place);
  checks(paper, all);
  clauses(paper, promised, installer);
  signatures(paper, certificate, hashOf(json));
  return paper.end();
}

const whoOf = ({ name, company }: Handover['installer']): string => (company === null ? name : `${name}, ${company}`);

function subject(...[paper, device, place]: readonly [Paper, Handover['device'], Handover['place']]): void {
  paper.heading('The device');
  paper.row('Name', `${device.name} (${device.id})`);
  paper.row('Kind', `${device.class.replaceAll('-', ' ')}, ${device.model}`);
  paper.row('Serial number', device.serial ?? 'not known');
  paper.row('Network address', device.mac ?? 'not known');
  paper.row('Identity', device.spiffe);
  paper.row('Its certificate', device.certificate);
  const where = [place.street, place.site, place.ward].filter((part) => part !== null && part !== '').join(', ');
  const point = place.lat !== null && place.lon !== null ? `${place.lat.toFixed(5)}, ${place.lon.toFixed(5)}` : '';
  paper.row('Place', [where, point].filter((part) => part !== '').join(' · ') || 'not known');
  paper.rule();
}

function checks(paper: Paper, all: Handover['checks']): void {
  paper.heading('What was checked');
  for (const { check, state, why, at, by, exception } of all) {
    const isGood = state === 'passed';
    const seen = at === null ? '' : ` Seen ${when(at)} by ${by ?? 'the city'}.`;
    const owner = exception
      ? ` Excepted until ${when(exception.until)}; ${exception.owner} answers for it: ${exception.reason}.`
      : '';
    paper.finding({
      isGood,
      title: CHECK_TITLES[check],
      state: isGood ? 'green' : 'let be, not green',
      text: `${why}.${seen}${owner}`,
    });
  }
  paper.rule();
}

function clauses(...[paper, all, installer]: readonly [Paper, Handover['clauses'], Handover['installer']]): void {
  paper.heading('What the installer promises');
  paper.text(`Signed with this certificate by ${whoOf(installer)}.`, 'soft');
  all.forEach((clause, index) => paper.item(index + 1, clause));
  paper.rule();
}

function signatures(paper: Paper, { handover, signature }: HandoverCertificate, hash: string): void {
  const { installer, id, city } = handover;
  paper.heading('Signatures, and how to check them');
  const how = signature.alg === 'webauthn' ? 'a passkey' : 'a key of their own';
  paper.row('Installer', `${whoOf(installer)}, signed in as ${installer.as}, with ${how}`);
  if (shown(whoOf(installer)).includes(UNSHOWN))
    paper.row('Letters', `This page cannot show all letters of this name (${UNSHOWN}). The signed file has them.`);
  paper.row('City', `${city}, by its certificate for documents`);
  paper.row('SHA-256', hash.replace(new RegExp(`.{${HASH_LINE_CHARS}}(?=.)`, 'g'), '$&\n'));
  paper.room(HOW_TO_CHECK_ROOM);
  paper.text(
    `This page is a copy for people. What was signed is the file ${id}.json, which is attached to this PDF with its signature ${id}.p7s. The hash above is that file's, and is in the city's ledger. Whoever has the city's root certificate from the city itself can check both without asking anybody:`,
  );
  paper.code([
    `cityward handover verify ${id}.json --ca city-root.pem`,
    `openssl cms -verify -binary -purpose any -inform DER -in ${id}.p7s -content ${id}.json -CAfile city-root.pem`,
  ]);
}
