/** `param.cgi`: the parameters of a camera with the factory's values, listed and updated as AXIS OS does, quirks included. */
import { text, type CameraAnswer } from './answers.ts';
import type { Flash } from './flash.ts';

/** As cameras are delivered; what the camera knows of itself is added. */
export const FACTORY_PARAMETERS: Readonly<Record<string, string>> = {
  'API.RemoteSyslog1.Enabled': 'no',
  'API.RemoteSyslog1.Protocol': 'UDP',
  'API.RemoteSyslog1.ServerName': '',
  'API.RemoteSyslog1.Severity': 'info',
  'Audio.NbrOfConfigs': '2',
  'AudioSource.A0.AudioEnabled': 'yes',
  'HTTPS.AllowSSLV3': 'no',
  'HTTPS.AllowTLS1': 'no',
  'HTTPS.AllowTLS11': 'no',
  'HTTPS.Ciphers':
    'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:AES128-SHA',
  'Network.ARPPingIPAddress.Enabled': 'yes',
  'Network.Bonjour.Enabled': 'yes',
  'Network.Bluetooth.Enabled': 'no',
  'Network.BootProto': 'dhcp',
  'Network.FTP.Enabled': 'no',
  'Network.RTSP.Enabled': 'yes',
  'Network.RTSP.ProtViewer': 'password',
  'Network.RTSPS.Enabled': 'no',
  'Network.SSH.Enabled': 'no',
  'Network.UPnP.Enabled': 'yes',
  'Network.Wireless.Enabled': 'no',
  'Network.ZeroConf.Enabled': 'yes',
  'PTZ.BoaProtPTZOperator': 'password',
  'RemoteService.Enabled': 'oneclick',
  'Storage.S0.Enabled': 'yes',
  'System.AccessLog': 'Off',
  'System.BoaGroupPolicy.admin': 'both',
  'System.BoaGroupPolicy.operator': 'both',
  'System.BoaGroupPolicy.viewer': 'both',
  'System.BoaProtViewer': 'password',
  'System.EditCgi': 'no',
  'System.HTTPServerTokens': 'no',
  'System.PreventDoSAttack.ActivatePasswordThrottling': 'on',
  'System.PreventDoSAttack.DoSBlockingPeriod': '10',
  'System.PreventDoSAttack.DoSPageCount': '20',
  'System.PreventDoSAttack.DoSPageInterval': '1',
  'System.PreventDoSAttack.DoSSiteCount': '20',
  'System.PreventDoSAttack.DoSSiteInterval': '1',
  'System.UART.Enabled': 'no',
  'System.USB.Enabled': 'no',
  'System.WebInterfaceDisabled': 'no',
  'TamperingDetection.Enabled': 'no',
  'Image.I0.Appearance.Compression': '30',
  'Image.I0.SignedVideo.Enabled': 'no',
  'ImageSource.I0.Sensor.Brightness': '50',
  'ImageSource.I0.Sensor.ColorLevel': '50',
  'ImageSource.I0.Sensor.Contrast': '50',
  'WebService.DiscoveryMode.Discoverable': 'yes',
  'WebService.UsernameToken.ReplayAttackProtection': 'yes',
};
const VALUE_MAX_CHARS = 2_048;
const GROUPS_MAX = 100;

export interface CameraProperties {
  readonly serial: string;
  readonly model: string;
  readonly brand: string;
}

const readOnlyOf = ({ serial, model, brand }: CameraProperties, flash: Flash): Record<string, string> => ({
  'Brand.Brand': brand,
  'Brand.ProdNbr': model,
  'Properties.Firmware.Version': flash.firmware.active.version,
  'Properties.System.SerialNumber': serial,
  'Properties.API.HTTP.Version': '3',
});

export const allParameters = (facts: CameraProperties, flash: Flash): Record<string, string> => ({
  ...FACTORY_PARAMETERS,
  ...readOnlyOf(facts, flash),
  ...flash.parameters,
});

export const parameter = (flash: Flash, name: string): string =>
  flash.parameters[name] ?? FACTORY_PARAMETERS[name] ?? '';

const bare = (name: string): string => name.replace(/^root\./u, '');

/**
 * Lists groups. A group that is not there gives an error line with HTTP 200, and takes the `root.` from the names of the group
 * after it: cameras do so, and whoever reads must cope.
 */
function list(values: Readonly<Record<string, string>>, groups: readonly string[]): string {
  const names = Object.keys(values).sort();
  let lost = false;
  return groups
    .flatMap((group) => {
      const wanted = bare(group);
      const found = names.filter((name) => wanted === '' || name === wanted || name.startsWith(`${wanted}.`));
      if (found.length === 0) {
        lost = true;
        return [`# Error: Error -1 getting param in group '${group}'\n`];
      }
      const prefix = lost ? '' : 'root.';
      lost = false;
      return found.map((name) => `${prefix}${name}=${values[name]}\n`);
    })
    .join('');
}

/** Sets all or none, as far as names go; what is only told cannot be set. */
function update(facts: CameraProperties, flash: Flash, asked: URLSearchParams): string {
  const changes = [...asked].filter(([name]) => name !== 'action' && name !== 'usergroup');
  const known = { ...FACTORY_PARAMETERS, ...flash.parameters };
  const readOnly = readOnlyOf(facts, flash);
  for (const [name, value] of changes)
    if (!(bare(name) in known) || bare(name) in readOnly || value.length > VALUE_MAX_CHARS)
      return `# Error: Error setting '${name}' to '${value}'!\n`;
  if (changes.length === 0) return '# Error: No parameters given\n';
  for (const [name, value] of changes) flash.parameters[bare(name)] = value;
  return 'OK\n';
}

export function answerParameters(facts: CameraProperties, flash: Flash, asked: URLSearchParams): CameraAnswer {
  const action = asked.get('action');
  if (action === 'update') return text(200, update(facts, flash, asked));
  if (action !== 'list') return text(400, '# Error: Unknown action\n');
  const groups = (asked.get('group') ?? '').split(',').slice(0, GROUPS_MAX);
  return text(200, list(allParameters(facts, flash), groups));
}
