/** What sort of thing an `ip:` node is: of the inside, of the outside, or a group address that nobody "speaks to". */
export type AddressScope = 'inside' | 'outside' | 'group';

/** True for `ip:203.0.113.9`; false for a device id. */
export const isAddress = (node: string): boolean =>
  node.charCodeAt(2) === 58 && node.charCodeAt(0) === 105 && node.charCodeAt(1) === 112;

/**
 * Where an `ip:` node lies. Inside: private, carrier-shared, link-local, loopback (RFC 1918, 6598, 3927, 4193, 4291). Group:
 * multicast, broadcast (also the last address of a private /24) and the unspecified address. All else is outside.
 */
export function scopeOf(node: string): AddressScope {
  return node.indexOf(':', 3) < 0 ? scopeOfV4(node) : scopeOfV6(node.slice(3).toLowerCase());
}

function scopeOfV4(node: string): AddressScope {
  const first = octet(node, 3);
  const dot = node.indexOf('.', 3);
  const second = dot < 0 ? 0 : octet(node, dot + 1);
  if (first === 0 || first >= 224) return 'group';
  const inside =
    first === 10 ||
    first === 127 ||
    (first === 172 && second >= 16 && second <= 31) ||
    (first === 192 && second === 168) ||
    (first === 169 && second === 254) ||
    (first === 100 && second >= 64 && second <= 127);
  if (!inside) return 'outside';
  return node.endsWith('.255') ? 'group' : 'inside';
}

function octet(text: string, from: number): number {
  let value = 0;
  for (let i = from; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
  }
  return value;
}

function scopeOfV6(address: string): AddressScope {
  if (address === '::' || address.startsWith('ff')) return 'group';
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address);
  if (mapped) return scopeOfV4(`ip:${mapped[1]!}`);
  if (address === '::1' || /^fe[89ab]/.test(address) || /^f[cd]/.test(address)) return 'inside';
  return 'outside';
}

/** An id under which an inside address without an inventory record is watched: `ip:10.0.0.7` is `ip-10-0-0-7`. */
export function idOfAddress(node: string): string {
  const id = node.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return id.endsWith('-') ? `${id}0` : id;
}

/** The address without its `ip:`; a device id as it is. */
export const plainNode = (node: string): string => (isAddress(node) ? node.slice(3) : node);
