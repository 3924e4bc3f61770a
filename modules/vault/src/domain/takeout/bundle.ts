/** What a person takes along, as one FHIR R4 Bundle: resources as they are, everything else as a document that lies beside it. */
import type { RecordMedia } from '@cityward/contracts';
import type { Json } from '@cityward/kernel';

export interface TakenRecord {
  readonly record: string;
  readonly version: number;
  readonly category: string;
  readonly media: RecordMedia;
  readonly at: number;
  /** Name in the zip. */
  readonly file: string;
  readonly content: Uint8Array;
}

const FHIR = 'application/fhir+json';
const ENDINGS: Readonly<Record<RecordMedia, string>> = {
  'application/fhir+json': 'fhir.json',
  'application/json': 'json',
  'application/pdf': 'pdf',
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'video/mp4': 'mp4',
  'video/webm': 'webm',
  'video/x-motion-jpeg': 'mjpeg',
};
/** In folders by category, a version in each name. */
export const fileOf = (one: Pick<TakenRecord, 'record' | 'version' | 'category' | 'media'>): string =>
  `records/${one.category}/${one.record}-v${one.version}.${ENDINGS[one.media]}`;

type Resource = { readonly [key: string]: Json };
const isResource = (value: Json | undefined): value is Resource =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && 'resourceType' in value;

/** @param newest the newest version of each record */
export function bundleOf(newest: readonly TakenRecord[], at: number): Resource {
  return collectionOf(
    newest.flatMap((one) => (one.media === FHIR ? resourcesIn(one) : [documentOf(one)])),
    at,
  );
}
export function collectionOf(resources: readonly Resource[], at: number): Resource {
  return {
    resourceType: 'Bundle',
    type: 'collection',
    timestamp: new Date(at).toISOString(),
    // An empty list is not valid FHIR.
    ...(resources.length === 0 ? {} : { entry: resources.map((resource) => ({ resource })) }),
  };
}

/** The entries of a bundle, or the resource itself; a bundle in a bundle would be read by few programs. */
function resourcesIn({ content }: TakenRecord): Resource[] {
  const resource = JSON.parse(Buffer.from(content).toString('utf8')) as Resource;
  if (resource['resourceType'] !== 'Bundle') return [resource];
  const entries = Array.isArray(resource['entry']) ? (resource['entry'] as readonly Json[]) : [];
  return entries.flatMap((entry) => {
    const inside = (entry as { readonly resource?: Json } | null)?.resource;
    return isResource(inside) ? [inside] : [];
  });
}

const documentOf = ({ record, category, media, at, file }: TakenRecord): Resource => ({
  resourceType: 'DocumentReference',
  identifier: [{ system: 'urn:ietf:rfc:3986', value: `urn:cityward:${record}` }],
  status: 'current',
  type: { text: category },
  date: new Date(at).toISOString(),
  content: [{ attachment: { contentType: media, url: file, creation: new Date(at).toISOString() } }],
});
