/** The answers to hawkBit clients, in the shapes of hawkBit 1.1. Pure. */
import type { RawReply } from '@cityward/http';
import { pollSeconds, sleepText } from './ddi-actions.ts';
import type { Sums } from './polled-content.ts';
import type { Open } from './polled-order.ts';

const JSON_TYPE = 'application/hal+json';
const BASE = '/DEFAULT/controller/v1';

/** Where the client reached us: its links lead back there. */
export interface Place {
  readonly host: string;
}

export const json = (status: number, body: string): RawReply => ({
  status,
  headers: { 'content-type': JSON_TYPE, 'cache-control': 'no-store' },
  body,
});
export const problem = (status: number, errorCode: string, message: string): RawReply => ({
  status,
  headers: { 'content-type': 'application/json', ...(status === 429 || status === 503 ? { 'retry-after': '1' } : {}) },
  body: JSON.stringify({ errorCode, message }),
});
export const NO_SUCH_ACTION = problem(404, 'ACTION_NOT_FOUND', 'find the action: this device has none of that number');
export const ACTION_OVER = problem(410, 'ACTION_OVER', 'take feedback: the action is over');
export const DONE: RawReply = { status: 200, headers: { 'content-type': JSON_TYPE }, body: '{}' };

export interface Poll {
  readonly place: Place;
  /** Between two polls, of all devices on average. */
  readonly seconds: number;
  readonly deployment: number | null;
  readonly cancel: number | null;
  readonly wantsAttributes: boolean;
}

/** What the device is to do next, and when it is to ask again. */
export function pollText(device: string, { place, seconds, deployment, cancel, wantsAttributes }: Poll): string {
  const own = `https://${place.host}${BASE}/${device}`;
  const links: string[] = [];
  if (cancel !== null) links.push(`"cancelAction":{"href":"${own}/cancelAction/${cancel}"}`);
  else if (deployment !== null)
    links.push(`"deploymentBase":{"href":"${own}/deploymentBase/${deployment}?c=${deployment}"}`);
  if (wantsAttributes) links.push(`"configData":{"href":"${own}/configData"}`);
  const sleep = sleepText(pollSeconds(device, seconds));
  return `{"config":{"polling":{"sleep":"${sleep}"}},"_links":{${links.join(',')}}}`;
}

/** One artifact, to be installed at once: when it may begin is the wave's business. */
export function deploymentText(
  device: string,
  { place, open, sums }: { readonly place: Place; readonly open: Open; readonly sums: Sums },
): string {
  const { artifact, id } = open;
  const href = `https://${place.host}${BASE}/${device}/softwaremodules/${id}/artifacts/${artifact.name}`;
  const sum = `${href}.MD5SUM`;
  const links = { download: { href }, md5sum: { href: sum }, 'download-http': { href }, 'md5sum-http': { href: sum } };
  const hashes = { sha1: sums.sha1, md5: sums.md5, sha256: artifact.sha256 };
  const file = { filename: artifact.name, hashes, size: artifact.size, _links: links };
  const chunk = { part: 'os', version: artifact.version, name: artifact.name, artifacts: [file] };
  return JSON.stringify({ id: String(id), deployment: { download: 'forced', update: 'forced', chunks: [chunk] } });
}

export const cancelText = (id: number): string =>
  JSON.stringify({ id: String(id), cancelAction: { stopId: String(id) } });
