/** MQTT topics: always below the device's own prefix `cw/v1/<device id>/`. */
import { Type, type Static } from 'typebox';
import { Closed, Count, Id, OneOf, Time } from './schema.ts';

export const TOPIC_LEAVES = [
  'obs',
  'flows',
  'will',
  'quarantine',
  'ack',
  'orders',
  'jobs',
  'report',
  'work',
  'behalf',
  'asks',
  'readings',
] as const;
/**
 * obs: a device about itself; flows: a switch or gateway about its site; will: last will (a Status, offline); quarantine: the
 * only topic a held device may still publish to; ack: answer to an order; orders: what the city tells the device (subscribe only);
 * jobs: signed changes for the device (subscribe only); report: how far it is with one; work: what there is to do for the
 * devices behind a site gateway (subscribe only); behalf: a site gateway for the devices behind it.
 * asks: settings that the city wants to be read (subscribe only); readings: what was read.
 */
export type TopicLeaf = (typeof TOPIC_LEAVES)[number];

export const topicOf = (device: string, leaf: TopicLeaf): string => `cw/v1/${device}/${leaf}`;

const TOPIC = /^cw\/v1\/([a-z0-9][a-z0-9-]{1,62}[a-z0-9])\/([a-z]+)$/;

/** Takes a topic apart; `null` for anything else, wildcards among it. */
export function parseTopic(topic: string): { readonly device: string; readonly leaf: TopicLeaf } | null {
  const match = TOPIC.exec(topic);
  if (!match) return null;
  const leaf = match[2] as TopicLeaf;
  return TOPIC_LEAVES.includes(leaf) ? { device: match[1]!, leaf } : null;
}

/**
 * The whole quarantine list of a site switch, sent retained on `orders`: the switch drops every packet from or to these until the
 * version changes. `version` only grows; a lower one is ignored.
 */
export const QuarantineOrder = Closed({
  order: Type.Literal('quarantine'),
  version: Count,
  devices: Type.Array(Id, { maxItems: 10_000 }),
  until: Type.Union([Time, Type.Null()]),
  /** When it was given, by the city's clock: a device whose own is another counts from there. */
  at: Type.Optional(Time),
});
export type QuarantineOrder = Static<typeof QuarantineOrder>;

/** What the switch says once it drops them. Refused, `version` is the one in force. */
export const OrderAck = Closed({
  order: Type.Literal('quarantine'),
  version: Count,
  at: Time,
  result: OneOf(['applied', 'refused']),
});
export type OrderAck = Static<typeof OrderAck>;
