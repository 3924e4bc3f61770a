/** Is the content what it is said to be? Looked at once, when it is stored: nobody is served something under another name. */
import type { RecordMedia } from '@cityward/contracts';
import { resourceFault } from './fhir/resource.ts';
import { jsonFault } from './fhir/strict-json.ts';

const PDF = '%PDF-';
const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const JPEG = [0xff, 0xd8, 0xff];

const begins = (content: Uint8Array, bytes: readonly number[]): boolean =>
  bytes.every((byte, i) => content[i] === byte);

/** The value, or what was wanted. Bounded before it is parsed. */
export function strictJson(content: Uint8Array): { readonly value: unknown } | { readonly wanted: string } {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(content);
    const wanted = jsonFault(text);
    return wanted === null ? { value: JSON.parse(text) as unknown } : { wanted };
  } catch {
    return { wanted: 'JSON in UTF-8' };
  }
}
function jsonWanted(content: Uint8Array, faultOf: (value: unknown) => string | null): string | null {
  const read = strictJson(content);
  return 'wanted' in read ? read.wanted : faultOf(read.value);
}

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
      return jsonWanted(content, () => null);
    case 'application/fhir+json':
      return jsonWanted(content, resourceFault);
  }
}
