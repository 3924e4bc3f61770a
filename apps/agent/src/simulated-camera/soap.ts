/** SOAP of a simulated camera: which certificate its web server uses (VAPIX), and the little of ONVIF that an upgrade takes. */
import { allXml, escapeXml, findXml, parseXml, type XmlNode } from '../camera-wire/xml.ts';
import type { Accounts } from './accounts.ts';
import { soap, type CameraAnswer, type CameraRequest } from './answers.ts';
import type { Flash } from './flash.ts';
import type { CameraProperties } from './parameters.ts';

export const VAPIX_SERVICES = '/vapix/services';
export const ONVIF_SERVICE = '/onvif/device_service';
/** Below this the ONVIF image is sent; what follows is good for one upload. */
export const ONVIF_UPLOAD = '/onvif/upload/';
const ENVELOPE = 'http://www.w3.org/2003/05/soap-envelope';

export const envelope = (body: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<SOAP-ENV:Envelope xmlns:SOAP-ENV="${ENVELOPE}"><SOAP-ENV:Body>${body}</SOAP-ENV:Body></SOAP-ENV:Envelope>\n`;

export const soapFault = (status: number, code: string, reason: string): CameraAnswer =>
  soap(
    status,
    envelope(
      `<SOAP-ENV:Fault><SOAP-ENV:Code><SOAP-ENV:Value>SOAP-ENV:Sender</SOAP-ENV:Value><SOAP-ENV:Subcode><SOAP-ENV:Value>${code}</SOAP-ENV:Value></SOAP-ENV:Subcode></SOAP-ENV:Code><SOAP-ENV:Reason><SOAP-ENV:Text xml:lang="en">${escapeXml(reason)}</SOAP-ENV:Text></SOAP-ENV:Reason></SOAP-ENV:Fault>`,
    ),
  );

/** The one element in the body, or null for what is no envelope. */
function operationOf(body: Buffer): { readonly whole: XmlNode; readonly operation: XmlNode } | null {
  const whole = parseXml(body.toString('utf8'));
  const inside = whole?.name === 'Envelope' ? whole.children.find((child) => child.name === 'Body') : undefined;
  return whole && inside?.children.length === 1 ? { whole, operation: inside.children[0]! } : null;
}

export interface SoapParts {
  readonly facts: CameraProperties;
  readonly flash: Flash;
  readonly now: () => number;
  readonly shown: () => string | null;
  readonly accounts: Accounts;
  /** The web server starts anew with another certificate. */
  readonly changed: () => void;
  /** Opens a place for one image and says where. */
  readonly openUpload: (isTls: boolean) => string | null;
}

/** `aweb:SetWebServerTlsConfiguration`: the certificate by its alias. */
export function answerVapixServices({ flash, changed }: SoapParts, { body }: CameraRequest): CameraAnswer {
  const asked = operationOf(body);
  if (!asked) return soapFault(400, 'ter:WellFormed', 'The request cannot be read');
  const { operation } = asked;
  if (operation.name === 'GetWebServerTlsConfiguration')
    return soap(
      200,
      envelope(
        `<aweb:GetWebServerTlsConfigurationResponse xmlns:aweb="http://www.axis.com/vapix/ws/webserver"><aweb:Configuration><aweb:Tls>true</aweb:Tls><aweb:CertificateSet><acert:Certificates xmlns:acert="http://www.axis.com/vapix/ws/certificates"><acert:Id>${escapeXml(flash.webCertificate)}</acert:Id></acert:Certificates></aweb:CertificateSet></aweb:Configuration></aweb:GetWebServerTlsConfigurationResponse>`,
      ),
    );
  if (operation.name !== 'SetWebServerTlsConfiguration')
    return soapFault(400, 'ter:ActionNotSupported', 'The operation is not supported');
  const set = findXml(operation, 'Certificates');
  const alias = set ? allXml(set, 'Id')[0]?.text : undefined;
  if (alias === undefined || !Object.hasOwn(flash.keys, alias))
    return soapFault(400, 'ter:InvalidArgVal', 'There is no certificate of that name');
  flash.webCertificate = alias;
  changed();
  return soap(
    200,
    envelope('<aweb:SetWebServerTlsConfigurationResponse xmlns:aweb="http://www.axis.com/vapix/ws/webserver"/>'),
  );
}

const part = (name: string, value: number): string => `<tt:${name}>${value}</tt:${name}>`;

function dateAndTime(now: number): string {
  const at = new Date(now);
  const time = `<tt:Time>${part('Hour', at.getUTCHours())}${part('Minute', at.getUTCMinutes())}${part('Second', at.getUTCSeconds())}</tt:Time>`;
  const date = `<tt:Date>${part('Year', at.getUTCFullYear())}${part('Month', at.getUTCMonth() + 1)}${part('Day', at.getUTCDate())}</tt:Date>`;
  return `<tds:GetSystemDateAndTimeResponse ${NAMESPACES}><tds:SystemDateAndTime><tt:DateTimeType>NTP</tt:DateTimeType><tt:DaylightSavings>false</tt:DaylightSavings><tt:UTCDateTime>${time}${date}</tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>`;
}
const NAMESPACES = 'xmlns:tds="http://www.onvif.org/ver10/device/wsdl" xmlns:tt="http://www.onvif.org/ver10/schema"';

function information({ facts, flash, shown }: SoapParts): string {
  const say = (name: string, value: string): string => `<tds:${name}>${escapeXml(value)}</tds:${name}>`;
  const version = shown() ?? flash.firmware.active.version;
  const inside =
    say('Manufacturer', facts.brand) +
    say('Model', facts.model) +
    say('FirmwareVersion', version) +
    say('SerialNumber', facts.serial) +
    say('HardwareId', '8A2.1');
  return `<tds:GetDeviceInformationResponse ${NAMESPACES}>${inside}</tds:GetDeviceInformationResponse>`;
}

/** ONVIF's device service: the clock for anybody, the rest for whoever shows a UsernameToken. */
export function answerOnvif(parts: SoapParts, { body, isTls }: CameraRequest): CameraAnswer {
  const asked = operationOf(body);
  if (!asked) return soapFault(400, 'ter:WellFormed', 'The request cannot be read');
  const { name } = asked.operation;
  if (name === 'GetSystemDateAndTime') return soap(200, envelope(dateAndTime(parts.now())));
  const entry = parts.accounts.enterByToken(asked.whole);
  if (typeof entry === 'string' || !entry.account.groups.includes('admin'))
    return soapFault(400, 'ter:NotAuthorized', 'Sender not authorized');
  if (name === 'GetDeviceInformation') return soap(200, envelope(information(parts)));
  if (name === 'SystemReboot')
    return {
      ...soap(
        200,
        envelope(
          `<tds:SystemRebootResponse ${NAMESPACES}><tds:Message>Rebooting</tds:Message></tds:SystemRebootResponse>`,
        ),
      ),
      restarts: true,
    };
  if (name !== 'StartFirmwareUpgrade')
    return soapFault(400, 'ter:ActionNotSupported', 'The operation is not supported');
  const uri = parts.openUpload(isTls);
  if (uri === null) return soapFault(500, 'ter:UpgradeInProgress', 'Another upgrade is in progress');
  return soap(
    200,
    envelope(
      `<tds:StartFirmwareUpgradeResponse ${NAMESPACES}><tds:UploadUri>${escapeXml(uri)}</tds:UploadUri><tds:UploadDelay>PT0S</tds:UploadDelay><tds:ExpectedDownTime>PT60S</tds:ExpectedDownTime></tds:StartFirmwareUpgradeResponse>`,
    ),
  );
}
