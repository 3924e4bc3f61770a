/** Is the content what it is said to be? Looked at once, when it is stored: nobody is served something under another name. */
import { isClip, type RecordMedia } from '@cityward/contracts';
import { resourceFault } from './fhir/resource.ts';
import { jsonFault } from './fhir/strict-json.ts';
import { framesOf } from './motion-jpeg.ts';
import { classOf, type RetentionLaw } from './retention.ts';

const PDF = '%PDF-';
const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const JPEG = [0xff, 0xd8, 0xff];

/** ISO base media: the first box, whose type this is, says what brand the file is. */
const FILE_TYPE_BOX = Buffer.from('ftyp');
const BOX_SIZE_MIN = 16;
/** Brands that players of MP4 take; HEIF pictures and QuickTime begin with the same box. */
const MP4_BRANDS = /^(?:isom|iso[2-9]|iso[a-c]|mp41|mp42|avc1|dash|M4V |mmp4|3gp[4-9])$/;
/** EBML, whose head names the kind of document. */
const EBML = [0x1a, 0x45, 0xdf, 0xa3];
const EBML_HEAD_BYTES = 64;
/** The element DocType, four letters long, and its value. */
const WEBM_DOC_TYPE = Buffer.from([0x42, 0x82, 0x84, ...Buffer.from('webm')]);

function isMp4(content: Uint8Array): boolean {
  const head = Buffer.from(content.buffer, content.byteOffset, Math.min(content.byteLength, BOX_SIZE_MIN));
  if (head.length < BOX_SIZE_MIN || !head.subarray(4, 8).equals(FILE_TYPE_BOX)) return false;
  const size = head.readUInt32BE(0);
  // A file that is its first box alone holds no film.
  return size >= BOX_SIZE_MIN && size < content.byteLength && MP4_BRANDS.test(head.toString('latin1', 8, 12));
}
const isWebm = (content: Uint8Array): boolean =>
  begins(content, EBML) && Buffer.from(content.subarray(0, EBML_HEAD_BYTES)).includes(WEBM_DOC_TYPE);

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
    case 'video/mp4':
      return isMp4(content) ? null : 'an MP4 film, whose first box is "ftyp" with a brand of MP4';
    case 'video/webm':
      return isWebm(content) ? null : 'a WebM film, whose EBML head says "webm"';
    case 'video/x-motion-jpeg':
      return framesOf(content) ? null : 'a Motion JPEG film: two JPEG pictures or more, one right after the other';
    case 'application/json':
      return jsonWanted(content, () => null);
    case 'application/fhir+json':
      return jsonWanted(content, resourceFault);
  }
}

/** Film is of whoever was there: it is kept only where a class says when it ends by itself. `null` where nothing is wrong. */
export function clipFault(law: RetentionLaw, media: RecordMedia, category: string): string | null {
  if (!isClip(media)) return null;
  const name = classOf(law, category);
  const ends = name !== null && law.classes[name]!.keepAtMost !== null;
  return ends ? null : 'a category whose class says when it ends, such as "street-camera"';
}
