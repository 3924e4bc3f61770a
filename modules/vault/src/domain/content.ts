/** Is the content what it is said to be? Looked at once, when it is stored: nobody is served something under another name. */
import type { RecordMedia } from '@cityward/contracts';

const PDF = '%PDF-';
const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const JPEG = [0xff, 0xd8, 0xff];

const begins = (content: Uint8Array, bytes: readonly number[]): boolean =>
  bytes.every((byte, i) => content[i] === byte);

function jsonIn(content: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(content)) as unknown;
  } catch {
    return undefined;
  }
}

const isResource = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && typeof (value as { resourceType?: unknown }).resourceType === 'string';

/** What was wanted where it is not; `null` where it is. Never quotes the content. */
export function contentFault(media: RecordMedia, content: Uint8Array): string | null {
  switch (media) {
    case 'application/pdf':
      return begins(content, [...Buffer.from(PDF)]) ? null : 'a PDF, which begins with "%PDF-"';
    case 'image/png':
      return begins(content, PNG) ? null : 'a PNG picture with its signature';
    case 'image/jpeg':
      return begins(content, JPEG) ? null : 'a JPEG picture with its marker';
    case 'application/json':
      return jsonIn(content) === undefined ? 'JSON in UTF-8' : null;
    case 'application/fhir+json':
      return isResource(jsonIn(content)) ? null : 'a FHIR resource in JSON, with its resourceType';
  }
}
