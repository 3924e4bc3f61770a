/** What a camera can be asked, as values: which of it only reads, and how each is written on the wire. Pure. */
import { createHash, randomBytes } from 'node:crypto';
import type { DigestLogin } from '../camera-wire/digest.ts';
import { escapeXml } from '../camera-wire/xml.ts';

/** A file on its way to the camera. */
export interface Image {
  readonly size: number;
  /** From its first byte on each time it is called; throws where the bytes are not those that were signed. */
  open(): AsyncIterable<Uint8Array>;
}
export type CameraAsk =
  /** A list or a file, by GET. */
  | { readonly kind: 'get'; readonly path: string; readonly query?: Fields }
  /** A CGI by POST with form fields: passwords stand in no URL. */
  | { readonly kind: 'form'; readonly path: string; readonly fields: Fields; readonly isOpen?: boolean }
  /** A JSON interface; `isOpen` for what needs no account. */
  | {
      readonly kind: 'json';
      readonly path: string;
      readonly call: string;
      readonly params?: Readonly<Record<string, unknown>>;
      readonly isOpen?: boolean;
    }
  | {
      readonly kind: 'rest';
      readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
      readonly path: string;
      readonly data?: unknown;
    }
  /** VAPIX over SOAP, with the digest of HTTP. */
  | { readonly kind: 'soap'; readonly operation: string; readonly inside: string }
  /** ONVIF: a UsernameToken instead of a digest; the clock is told to anybody. */
  | { readonly kind: 'onvif'; readonly operation: OnvifOperation }
  /** Firmware over VAPIX: parameters, then the image. */
  | { readonly kind: 'upgrade'; readonly params: Readonly<Record<string, unknown>>; readonly image: Image }
  /** Firmware over ONVIF, to the path that StartFirmwareUpgrade named. */
  | { readonly kind: 'onvif-image'; readonly path: string; readonly image: Image };
type Fields = Readonly<Record<string, string>>;
export const ONVIF_OPERATIONS = [
  'GetSystemDateAndTime',
  'GetDeviceInformation',
  'StartFirmwareUpgrade',
  'SystemReboot',
] as const;
export type OnvifOperation = (typeof ONVIF_OPERATIONS)[number];

export const PATHS = {
  firmware: '/axis-cgi/firmwaremanagement.cgi',
  parameters: '/axis-cgi/param.cgi',
  accounts: '/axis-cgi/pwdgrp.cgi',
  services: '/vapix/services',
  onvif: '/onvif/device_service',
} as const;

const READING_CALL = /^(?:status|systemready|get[A-Z][A-Za-z0-9]*)$/u;
const READING_ACTIONS: readonly (string | undefined)[] = ['list', 'get', undefined];

/** Whether it leaves the camera as it is. Everything that is not surely so counts as a change, and needs an officer's job. */
export function isReading(ask: CameraAsk): boolean {
  switch (ask.kind) {
    case 'get':
      return !ask.path.includes('?') && READING_ACTIONS.includes(ask.query?.['action']);
    case 'json':
      return READING_CALL.test(ask.call);
    case 'rest':
      return ask.method === 'GET';
    case 'soap':
      return /^Get[A-Z]/u.test(ask.operation);
    case 'onvif':
      return ask.operation.startsWith('Get');
    case 'form':
    case 'upgrade':
    case 'onvif-image':
      return false;
  }
}

/** As it goes over the wire. */
export interface Written {
  readonly method: string;
  /** With the query. */
  readonly uri: string;
  readonly contentType: string | null;
  readonly body: { readonly size: number; open(): AsyncIterable<Uint8Array> } | null;
  /** Whether HTTP asks for the account. */
  readonly isOpen: boolean;
}

const API_VERSION = '1.0';
const encoded = (fields: Fields): string => new URLSearchParams(fields).toString();
const bytes = (body: string | Uint8Array): NonNullable<Written['body']> => {
  const whole = Buffer.from(body);
  return {
    size: whole.length,
    open: async function* () {
      yield await Promise.resolve(whole);
    },
  };
};

const SOAP_TYPE = 'application/soap+xml; charset=utf-8';
const envelope = (header: string, body: string): string =>
  `<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope">${header}<s:Body>${body}</s:Body></s:Envelope>`;
const ONVIF_NAMESPACE = 'http://www.onvif.org/ver10/device/wsdl';
const SECURITY = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd';
const UTILITY = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd';
const PASSWORD_DIGEST =
  'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest';

/** WS-Security UsernameToken 1.0, with the camera's time: it refuses a token whose time is not near its own. */
export function usernameToken({ user, password }: DigestLogin, at: number): string {
  const nonce = randomBytes(16);
  const created = new Date(at).toISOString();
  const digest = createHash('sha1')
    .update(Buffer.concat([nonce, Buffer.from(created), Buffer.from(password)]))
    .digest('base64');
  return `<s:Header><wsse:Security xmlns:wsse="${SECURITY}" xmlns:wsu="${UTILITY}" s:mustUnderstand="1"><wsse:UsernameToken><wsse:Username>${escapeXml(user)}</wsse:Username><wsse:Password Type="${PASSWORD_DIGEST}">${digest}</wsse:Password><wsse:Nonce>${nonce.toString('base64')}</wsse:Nonce><wsu:Created>${created}</wsu:Created></wsse:UsernameToken></wsse:Security></s:Header>`;
}

/** The form of an upgrade: a JSON part, then the image, with a boundary that nobody can guess. */
function upgradeForm(params: Readonly<Record<string, unknown>>, image: Image): Pick<Written, 'contentType' | 'body'> {
  const boundary = `cityward-${randomBytes(18).toString('hex')}`;
  const call = JSON.stringify({ apiVersion: API_VERSION, context: 'cityward', method: 'upgrade', params });
  const head = Buffer.from(
    `--${boundary}\r\nContent-Disposition: form-data; name="json"\r\nContent-Type: application/json\r\n\r\n${call}\r\n--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="firmware.bin"\r\nContent-Type: application/octet-stream\r\n\r\n`,
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    body: {
      size: head.length + image.size + tail.length,
      open: async function* () {
        yield head;
        yield* image.open();
        yield tail;
      },
    },
  };
}

/** @param camera whose account a UsernameToken is made for, and its time */
export function writeAsk(
  ask: CameraAsk,
  camera: { readonly login: DigestLogin | null; readonly now: number },
): Written {
  const post = { method: 'POST', isOpen: false } as const;
  switch (ask.kind) {
    case 'get': {
      const uri = ask.query ? `${ask.path}?${encoded(ask.query)}` : ask.path;
      return { method: 'GET', uri, contentType: null, body: null, isOpen: false };
    }
    case 'form':
      return {
        ...post,
        uri: ask.path,
        contentType: 'application/x-www-form-urlencoded',
        body: bytes(encoded(ask.fields)),
        isOpen: ask.isOpen ?? false,
      };
    case 'json': {
      const call = {
        apiVersion: API_VERSION,
        context: 'cityward',
        method: ask.call,
        ...(ask.params ? { params: ask.params } : {}),
      };
      const body = bytes(JSON.stringify(call));
      return { ...post, uri: ask.path, contentType: 'application/json', body, isOpen: ask.isOpen ?? false };
    }
    case 'rest': {
      const body = ask.data === undefined ? null : bytes(JSON.stringify({ data: ask.data }));
      return { method: ask.method, uri: ask.path, contentType: body && 'application/json', body, isOpen: false };
    }
    case 'soap':
      return { ...post, uri: PATHS.services, contentType: SOAP_TYPE, body: bytes(envelope('', ask.inside)) };
    case 'onvif': {
      const isForAnybody = ask.operation === 'GetSystemDateAndTime';
      const header = isForAnybody || !camera.login ? '' : usernameToken(camera.login, camera.now);
      const body = bytes(envelope(header, `<tds:${ask.operation} xmlns:tds="${ONVIF_NAMESPACE}"/>`));
      return { ...post, uri: PATHS.onvif, contentType: SOAP_TYPE, body, isOpen: true };
    }
    case 'upgrade':
      return { ...post, uri: PATHS.firmware, ...upgradeForm(ask.params, ask.image) };
    case 'onvif-image': {
      const { path: uri, image } = ask;
      return { ...post, uri, contentType: 'application/octet-stream', body: image, isOpen: true };
    }
  }
}
