/** What anybody may fetch to check certificates and tokens of the city, on whichever listener they ask. */
import { THE_CITY } from '@cityward/contracts';
import type { RawRoute } from '@cityward/http';
import type { Modules } from './wire.ts';

/** One more than the reader takes, so that too large a request is answered and not cut off. */
const OCSP_BODY_MAX_BYTES = 8_192;

/** What anybody may fetch to check the city's certificates. */
export function publicKeyRoutes({ identity }: Pick<Modules, 'identity'>): RawRoute[] {
  const answer = (contentType: string, body: Uint8Array | string) => ({
    status: 200,
    headers: { 'content-type': contentType, 'cache-control': 'no-cache' },
    body,
  });
  return [
    ...identity.services.keys,
    {
      name: 'revocationList',
      method: 'GET',
      path: '/pki/revoked.crl',
      action: 'readRevocations',
      resource: () => THE_CITY,
      handle: () => answer('application/pkix-crl', identity.revocations()),
    },
    {
      name: 'authorityCertificates',
      method: 'GET',
      path: '/pki/ca.pem',
      action: 'readCaCertificates',
      resource: () => THE_CITY,
      handle: () => answer('application/x-pem-file', identity.authority.caPem),
    },
    {
      name: 'certificateStatus',
      method: 'POST',
      path: '/pki/ocsp',
      action: 'readRevocations',
      bodyMaxBytes: OCSP_BODY_MAX_BYTES,
      resource: () => THE_CITY,
      handle: async ({ body }) => answer('application/ocsp-response', await identity.ocsp.answer(body)),
    },
    {
      name: 'certificateStatusByPath',
      method: 'GET',
      path: '/pki/ocsp/*',
      action: 'readRevocations',
      resource: () => THE_CITY,
      handle: async ({ path }) =>
        answer('application/ocsp-response', await identity.ocsp.answerPath(path.slice('/pki/ocsp/'.length))),
    },
  ];
}
