/** An image on its way into a simulated camera, raw or as the second part of a form: read as it comes, never held whole. */
import { imageReader, type ImageFacts } from './image.ts';
import { parseJson } from './answers.ts';

const PART_MAX_BYTES = 8_192;
const BREAK = Buffer.from('\r\n\r\n');
export const IMAGE_MAX_BYTES = 1_073_741_824;

export interface Upload {
  write(piece: Buffer): void;
  /** What was asked with it, null where the form was broken; and the image, null where it is none. */
  end(): { readonly asked: unknown; readonly facts: ImageFacts | null };
}

/** ONVIF: the body is the image. */
export function rawUpload(): Upload {
  const image = imageReader();
  return { write: image.write, end: () => ({ asked: {}, facts: image.end() }) };
}

/**
 * VAPIX: a JSON part, then a binary part, strictly.
 * @param boundary of the content type
 */
export function formUpload(boundary: string): Upload {
  const image = imageReader();
  const first = Buffer.from(`--${boundary}\r\n`);
  const between = Buffer.from(`\r\n--${boundary}\r\n`);
  const last = Buffer.from(`\r\n--${boundary}--`);
  // The closing line and a line break after it: held back until it is known that they are the end.
  const tail = last.length + 2;
  let asked: unknown;
  let state: 'json' | 'image' | 'broken' = 'json';
  let held: Buffer = Buffer.alloc(0);
  const readJsonPart = (): void => {
    const jsonFrom = held.indexOf(BREAK);
    const jsonTo = jsonFrom < 0 ? -1 : held.indexOf(between, jsonFrom);
    const imageFrom = jsonTo < 0 ? -1 : held.indexOf(BREAK, jsonTo + between.length);
    if (held.length >= first.length && !held.subarray(0, first.length).equals(first)) state = 'broken';
    else if (imageFrom >= 0) {
      asked = parseJson(held.subarray(jsonFrom + BREAK.length, jsonTo).toString('utf8'));
      held = held.subarray(imageFrom + BREAK.length);
      state = 'image';
    } else if (held.length > PART_MAX_BYTES) state = 'broken';
  };
  return {
    write: (piece) => {
      if (state === 'broken') return;
      held = held.length === 0 ? piece : Buffer.concat([held, piece]);
      if (state === 'json') readJsonPart();
      if (state !== 'image' || held.length <= tail) return;
      image.write(held.subarray(0, held.length - tail));
      held = held.subarray(held.length - tail);
    },
    end: () => {
      const end = held.lastIndexOf(last);
      if (state !== 'image' || end < 0) return { asked: undefined, facts: null };
      image.write(held.subarray(0, end));
      return { asked, facts: image.end() };
    },
  };
}

/** Of `multipart/form-data; boundary=…`; null for anything else. */
export const boundaryOf = (contentType: string): string | null =>
  /^multipart\/form-data;\s*boundary="?([A-Za-z0-9'()+_,./:=?-]{1,70})"?\s*$/iu.exec(contentType)?.[1] ?? null;
