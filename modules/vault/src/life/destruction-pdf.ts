/** The certificate of destruction on paper: the same in plain words, with the signed files inside. */
import type { DestructionCertificate, DestructionRecord } from '@cityward/contracts';
import { createPaper, when, type Paper } from '@cityward/paper';
import { sha256, signedBytes } from '../domain/destruction.ts';

export function destructionPdf(certificate: DestructionCertificate): Promise<Buffer> {
  const { record } = certificate.signed;
  const { id, city, verified } = record;
  const signed = signedBytes(certificate.signed);
  const paper = createPaper({
    title: `Certificate of destruction ${id}`,
    author: city,
    subject: `${record.versions.count} versions of ${record.versions.records} records`,
    at: verified.at,
    foot: `${city} · Destruction ${id}`,
    files: [
      { name: `${id}.json`, type: 'application/json', bytes: Buffer.from(JSON.stringify(certificate)) },
      { name: `${id}.signed.json`, type: 'application/json', bytes: signed },
      { name: `${id}.p7s`, type: 'application/pkcs7-signature', bytes: Buffer.from(certificate.city, 'base64') },
    ],
  });
  paper.head({
    over: city,
    title: 'Certificate of destruction',
    lines: [
      `${record.versions.records} records in ${record.versions.count} versions about ${record.subject} cannot be read any more.`,
      `Certificate ${id}`,
    ],
  });
  what(paper, record);
  how(paper, record);
  copies(paper, record);
  looked(paper, record);
  people(paper, record, sha256(signed));
  return paper.end();
}

const HASH_LINE_CHARS = 32;
/** The signatures and how to check them stay on one page. */
const HOW_TO_CHECK_ROOM = 120;
const hashLines = (hash: string): string => hash.replace(new RegExp(`.{${HASH_LINE_CHARS}}(?=.)`, 'g'), '$&\n');

function what(paper: Paper, { subject, trigger, basis, versions, keys, unreadable }: DestructionRecord): void {
  paper.heading('What was destroyed');
  paper.row('About', subject);
  paper.row('Records', `${versions.records} in ${versions.count} versions`);
  paper.row('Why', `${trigger.replaceAll('-', ' ')}: ${basis.reason}`);
  paper.row('Law', basis.clause === '' ? 'none asks for it to be kept' : basis.clause);
  paper.row('List of versions', hashLines(versions.root));
  paper.row('Keys', `${keys.count}; their ids: ${keys.commitment}`);
  paper.row('Unreadable', `here since ${when(unreadable.live)}`);
  paper.row('', `in all backups from ${when(unreadable.backups)}`);
  paper.rule();
}

function how(paper: Paper, { medium, sanitisation, confidentiality }: DestructionRecord): void {
  paper.heading('How');
  paper.row('Result', `${sanitisation.description} (NIST SP 800-88r1)`);
  paper.row('Method', sanitisation.method);
  paper.row('Tool', sanitisation.tool);
  paper.row(
    'Medium',
    [medium.manufacturer, medium.model, medium.type].filter((part) => part !== '').join(', ') || 'not known',
  );
  paper.row('Serial number', medium.serial || 'not known');
  paper.row('Property number', medium.property || 'none');
  paper.row('Source', medium.source || 'not known');
  paper.row('Destination', sanitisation.destination);
  paper.row('Confidentiality', `before: ${confidentiality.before}; after: ${confidentiality.after}`);
  paper.rule();
}

const OUTCOMES = {
  purged: 'deleted',
  unreadable: 'unreadable',
  asked: 'asked',
  pending: 'left',
  beyond: 'outside',
} as const;

function copies(paper: Paper, { copies: all, exclusions }: DestructionRecord): void {
  paper.heading('Every copy');
  for (const { kind, place, custodian, outcome, why } of all)
    paper.row(kind.replace('-', ' '), `${OUTCOMES[outcome]}: ${why}. ${place}, kept by ${custodian}.`);
  paper.row('Excluded', exclusions.length === 0 ? 'nothing' : exclusions.join('\n'));
  paper.rule();
}

function looked(paper: Paper, { verification }: DestructionRecord): void {
  paper.heading('What was looked at afterwards');
  paper.row('How', verification.method);
  paper.row('Keys', `${verification.keysLookedFor} looked for, ${verification.keysFound} found`);
  paper.row('Key file', `${verification.slotsRead} slots read anew, ${verification.slotsFound} with one of the keys`);
  paper.row('Decryption, live', `${verification.decryptionsTried} tried, ${verification.decryptionsSucceeded} opened`);
  paper.row(
    'Backups that held it',
    `${verification.backupDecryptionsTried} tried, ${verification.backupDecryptionsSucceeded} opened`,
  );
  paper.row('Ciphertext', `${verification.ciphertextLeft} left in the database`);
  paper.rule();
}

function people(paper: Paper, { id, city, destroyed, verified }: DestructionRecord, hash: string): void {
  paper.heading('Who, and how to check it');
  const who = ({ name, title, location, contact, as, at }: DestructionRecord['verified']): string =>
    `${name}, ${title}; ${location}; ${contact}; signed in as ${as}; ${when(at)}`;
  paper.row('Destroyed', who(destroyed));
  paper.row('Verified', `${who(verified)}; signed with their own key`);
  paper.row('City', `${city}, by its certificate for documents`);
  paper.row('SHA-256', hashLines(hash));
  paper.room(HOW_TO_CHECK_ROOM);
  paper.text(
    `This page is a copy for people. What was signed is ${id}.signed.json, attached with the city's signature ${id}.p7s; ${id}.json holds both with the proof that the ledger has it. Whoever has the city's root certificate and the log's key from the city itself can check them without asking anybody:`,
  );
  paper.code([
    `cityward verify certificate ${id}.json --ca city-root.pem --key-file ledger.vkey`,
    `openssl cms -verify -binary -purpose any -inform DER -in ${id}.p7s -content ${id}.signed.json -CAfile city-root.pem`,
  ]);
}
