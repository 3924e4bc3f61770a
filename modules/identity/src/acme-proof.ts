/** Asks a host for the answer to an http-01 challenge (RFC 8555 8.3): only hosts that the city has configured, no look-up, no redirect. */
import { timingSafeEqual } from 'node:crypto';
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { SECOND_MS } from '@cityward/kernel';

const TRIES_MAX = 3;
const TRY_AGAIN_MS = SECOND_MS;
const ANSWER_MAX_MS = 5 * SECOND_MS;
const ANSWER_MAX_BYTES = 1_024;

/** Where the hosts of the city answer; what is not among them is never asked. */
export interface AcmeHosts {
  /** Address by name: nothing is looked up, so that no name server decides where we connect. */
  readonly addresses: ReadonlyMap<string, string>;
  /** 80, but for tests and for gateways behind another. */
  readonly port: number;
}
export interface Challenge {
  readonly name: string;
  readonly token: string;
  /** Token and thumbprint, as the host has to answer. */
  readonly wanted: string;
}

/** Null when it was proved; else why not. */
export async function provedBy(hosts: AcmeHosts, challenge: Challenge): Promise<string | null> {
  const address = hosts.addresses.get(challenge.name);
  if (address === undefined) return `"${challenge.name}" is no host that is asked`;
  let why = '';
  for (let tries = 1; tries <= TRIES_MAX; tries++) {
    const answer = await ask({ address, port: hosts.port }, challenge).catch((fault: Error) => fault);
    if (typeof answer !== 'string') why = answer.message;
    else if (same(answer.trimEnd(), challenge.wanted)) return null;
    else return `"${challenge.name}" answered something else`;
    if (tries < TRIES_MAX) await sleep(TRY_AGAIN_MS);
  }
  return `"${challenge.name}" did not answer: ${why}`;
}

const same = (left: string, right: string): boolean => {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
};

function ask(at: { readonly address: string; readonly port: number }, { name, token }: Challenge): Promise<string> {
  return new Promise((resolve, reject) => {
    const path = `/.well-known/acme-challenge/${token}`;
    const signal = AbortSignal.timeout(ANSWER_MAX_MS);
    const sent = request({ host: at.address, port: at.port, path, headers: { host: name }, agent: false, signal });
    sent.on('response', (answer) => {
      if (answer.statusCode !== 200) {
        answer.resume();
        return reject(new Error(`it answered ${answer.statusCode}`));
      }
      let text = '';
      answer.setEncoding('latin1');
      answer.on('data', (chunk: string) => {
        text += chunk;
        if (text.length > ANSWER_MAX_BYTES) sent.destroy(new Error('its answer is too long'));
      });
      answer.on('end', () => resolve(text));
      answer.on('error', reject);
    });
    sent.on('error', reject);
    sent.end();
  });
}
