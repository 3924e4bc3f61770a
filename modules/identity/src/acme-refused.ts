/** Refusals of ACME for the evidence: who the request says that it comes from, and why it was refused. */
import type { Refusal } from '@cityward/kernel';
import { bindingKid, readJws } from './acme-jws.ts';
import type { AcmeParts } from './acme.ts';
import type { EstRequest } from './est.ts';

/** What clients that mean well are told on their way, or what is our own fault. */
const isConversation = ({ kind, code }: Refusal): boolean =>
  kind === 'unavailable' || code === 'badNonce' || code === 'orderNotReady';

/** By its TLS certificate, its account or its binding: nothing is proved by it. */
function claimedBy({ accounts, authority }: AcmeParts, { body, certificate }: EstRequest): string {
  const jws = readJws(body);
  const kid = jws.ok && 'kid' in jws.value.by ? jws.value.by.kid.split('/').at(-1)! : '';
  const binding = jws.ok ? (bindingKid(jws.value.payload?.['externalAccountBinding']) ?? '') : '';
  const shown = certificate && authority.holderOf(certificate)?.id;
  return shown ?? accounts.get(kid)?.network ?? accounts.binding(binding)?.network ?? 'unknown';
}

export function noteRefused(parts: AcmeParts, request: EstRequest, refusal: Refusal): void {
  if (isConversation(refusal)) return;
  const { address } = request;
  parts.refusals.note(claimedBy(parts, request), { way: 'ACME', code: refusal.code, address });
}
