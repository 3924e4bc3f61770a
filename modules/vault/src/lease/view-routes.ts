/** The HTTP face of open views. */
import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { api } from '@cityward/contracts';
import {
  RefusedRequest,
  route,
  type Caller,
  type RawReply,
  type RawRequest,
  type RawRoute,
  type Route,
} from '@cityward/http';
import type { Refusal, Result } from '@cityward/kernel';
import type { Purpose } from '@cityward/contracts';
import { clientScript } from './client-script.ts';
import { STREAM_WAITING_MAX_BYTES } from './limits.ts';
import type { Asker, PageStream, PieceSink } from './open-view.ts';
import type { ViewAsk, Views } from './views.ts';

/** Without a purpose it is one's own record that is asked for. */
const OWN_PURPOSE: Purpose = 'PATRQT';
const PROOF_HEADER = 'dpop';
const NONCE_HEADER = 'dpop-nonce';
const PLACE = /^(?:0|[1-9]\d{0,5})$/;

/** What a sign-in is known by here: its token stays with whoever keeps sessions. */
export const signInOf = (token: string | null): string =>
  createHash('sha256')
    .update(token ?? '')
    .digest('base64url');
const askerOf = ({ principal, sessionToken, address }: Caller): Asker => ({
  person: principal.id,
  signIn: signInOf(sessionToken),
  address: address ?? '',
});

export function viewRoutes(views: () => Views): Route[] {
  const ask = (id: string, proof: string, caller: Caller): Omit<ViewAsk, 'path'> => ({
    view: id,
    proof,
    asker: askerOf(caller),
    method: 'POST',
  });
  return [
    route(api.openView, ({ body }, caller) => {
      const { record, version, purpose = OWN_PURPOSE, as = 'text', key, proof } = body;
      const right = as === 'pictures' ? 'view' : 'text';
      const look = { record, version, purpose, right, principal: caller.principal } as const;
      return views().open({ look, key, proof, asker: askerOf(caller), path: api.openView.path });
    }),
    route(api.renewView, ({ params: { id }, body: { proof } }, caller) =>
      Promise.resolve(views().renew({ ...ask(id, proof, caller), path: `/api/views/${id}/lease` })),
    ),
    route(api.closeView, ({ params: { id }, body: { proof } }, caller) =>
      Promise.resolve(views().close({ ...ask(id, proof, caller), path: `/api/views/${id}/close` })),
    ),
  ];
}

/** @param mayStill whether a caller of before has still signed in and may still ask */
export function viewRawRoutes(views: () => Views, mayStill: (caller: Caller) => boolean): RawRoute[] {
  return [
    {
      name: 'viewPiece',
      method: 'GET',
      path: '/api/views/:id/pages/:page/pieces/:piece',
      action: 'askRecord',
      handle: async (request, caller) => {
        const { page, piece } = request.params;
        const place = { page: placeOf(page), piece: placeOf(piece) };
        const send = must(await views().piece({ ...rawAsk(request, caller), ...place }));
        return written('application/octet-stream', (response) => send(pieceSink(response)));
      },
    },
    {
      name: 'viewDark',
      method: 'GET',
      path: '/api/views/:id/dark',
      action: 'askRecord',
      handle: (request, caller) => {
        const listen = must(views().listen(rawAsk(request, caller)));
        const isSignedIn = (): boolean => mayStill(caller);
        return written('text/event-stream; charset=utf-8', (response) => listenOn(response, listen, isSignedIn));
      },
    },
    {
      name: 'viewScript',
      method: 'GET',
      path: '/api/views/client.js',
      action: 'openShell',
      handle: () => ({
        status: 200,
        headers: { 'content-type': 'text/javascript; charset=utf-8' },
        body: clientScript(),
      }),
    },
  ];
}

const written = (type: string, body: (response: ServerResponse) => void): RawReply => ({
  status: 200,
  headers: { 'content-type': type },
  body,
});
function must<T>(result: Result<T, Refusal>): T {
  if (!result.ok) throw new RefusedRequest(result.error);
  return result.value;
}

/** No place in any record where it is no number. */
const placeOf = (text = ''): number => (PLACE.test(text) ? Number(text) : Number.MAX_SAFE_INTEGER);

function rawAsk({ params, headers, method, path }: RawRequest, caller: Caller): ViewAsk {
  const proof = headers[PROOF_HEADER];
  return {
    view: params['id'] ?? '',
    proof: typeof proof === 'string' ? proof : '',
    asker: askerOf(caller),
    method,
    path,
  };
}

function pieceSink(response: ServerResponse): PieceSink {
  return {
    send: (body, nonce) => {
      response.setHeader('content-length', body.length);
      response.setHeader(NONCE_HEADER, nonce);
      response.end(body);
    },
    // Not ended in order: what the kernel has not taken yet is dropped with the connection.
    drop: () => void response.destroy(),
    onGone: (listener) => {
      response.on('finish', listener);
      response.on('close', listener);
    },
  };
}

function listenOn(
  ...[response, listen, isSignedIn]: readonly [
    ServerResponse,
    (stream: PageStream) => () => void,
    PageStream['isSignedIn'],
  ]
): void {
  response.write(': open\n\n');
  const leave = listen({
    dark: () => void response.end('event: dark\ndata: {}\n\n'),
    beat: () => void response.write(': beat\n\n'),
    lease: (next) => void response.write(`event: lease\ndata: ${JSON.stringify(next)}\n\n`),
    isClear: () => !response.destroyed && response.writableLength <= STREAM_WAITING_MAX_BYTES,
    isSignedIn,
  });
  response.on('close', leave);
  response.on('error', leave);
}
