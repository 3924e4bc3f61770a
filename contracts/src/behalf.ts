/**
 * What a site gateway and the city say to each other about the devices behind it, which cannot check officers' signatures themselves:
 * the gateway asks page by page, so that no more comes than it has room for, and reports for each by name.
 */
import { Type, type Static } from 'typebox';
import { JobOrder, JobReport, Sha256 } from './jobs.ts';
import { Closed, Id, Time } from './schema.ts';

export const BEHALF_SEEN_MAX = 200;
export const BEHALF_ORDERS_MAX = 64;
/** What fits a packet of the listener with its topic. */
export const BEHALF_PAGE_MAX_BYTES = 30_000;
/** Where a gateway fetches what the order of a device behind it names: this, the device, `/` and the SHA-256. */
export const BEHALF_CONTENT_PATH = '/fleet/v1/behalf/';

/** On the topic `behalf`. */
export const BehalfMessage = Type.Union([
  /** The orders after this device, in the order of ids; null for the first page. */
  Closed({ behalf: Type.Literal('ask'), after: Type.Union([Id, Type.Null()]) }),
  /** Devices that the gateway reached just now, and what they run. */
  Closed({
    behalf: Type.Literal('seen'),
    at: Time,
    devices: Type.Array(
      Closed({
        device: Id,
        firmware: Type.Union([Type.String({ minLength: 1, maxLength: 64 }), Type.Null()]),
        document: Type.Union([Sha256, Type.Null()]),
      }),
      { minItems: 1, maxItems: BEHALF_SEEN_MAX },
    ),
  }),
  Closed({ behalf: Type.Literal('report'), subject: Id, report: JobReport }),
]);
export type BehalfMessage = Static<typeof BehalfMessage>;

/** On the topic `work`, never retained: what is not heard is asked for again. */
export const WorkMessage = Type.Union([
  Closed({ work: Type.Literal('news') }),
  Closed({
    work: Type.Literal('page'),
    after: Type.Union([Id, Type.Null()]),
    orders: Type.Array(JobOrder, { maxItems: BEHALF_ORDERS_MAX }),
    /** Ask for what comes after this one; null where this is all. */
    next: Type.Union([Id, Type.Null()]),
  }),
]);
export type WorkMessage = Static<typeof WorkMessage>;
