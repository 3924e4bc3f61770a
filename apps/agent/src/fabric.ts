/** The site network of the city: every conversation between devices passes the switches at its ends. Pure. */
import type { Flow } from '@cityward/contracts';
import type { PortMerrow } from '@cityward/city/reference';
import { lets, newSwitch, note, type SiteSwitch } from './switch.ts';

export interface Attempt {
  /** Device id or `ip:` address; at least one of the two is a device. */
  readonly src: string;
  readonly dst: string;
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
  readonly bytesOut: number;
  readonly bytesIn: number;
  /** What the other end would say if the packets reached it. */
  readonly answer: Flow['outcome'];
}
export interface Fabric {
  readonly switches: ReadonlyMap<string, SiteSwitch>;
  switchOf(device: string): SiteSwitch | undefined;
  /** Whether packets between the two reach their end. */
  passes(src: string, dst: string): boolean;
  /** Lets the conversation happen, or not; the switch of its beginner (of its end, for one from outside) reports it. */
  carry(attempt: Attempt, at: number): Flow['outcome'];
  /** Reports a command that one device gave another. */
  command(seen: { readonly src: string; readonly dst: string; readonly action: string }, at: number): void;
}

export function createFabric(city: PortMerrow): Fabric {
  const switches = new Map<string, SiteSwitch>();
  const byDevice = new Map<string, SiteSwitch>();
  city.devices.forEach((device, index) => {
    const own = city.devices[city.wiring.switchOf[index]!]!.id;
    const site = switches.get(own) ?? newSwitch(own);
    switches.set(own, site);
    byDevice.set(device.id, site);
  });
  const passes = (src: string, dst: string): boolean => {
    const [from, to] = [byDevice.get(src), byDevice.get(dst)];
    return (!from || lets(from, src, dst)) && (!to || lets(to, src, dst));
  };
  const reporter = (src: string, dst: string): SiteSwitch | undefined => byDevice.get(src) ?? byDevice.get(dst);
  return {
    switches,
    switchOf: (device) => byDevice.get(device),
    passes,
    carry: (attempt, at) => {
      const { src, dst } = attempt;
      const outcome = passes(src, dst) ? attempt.answer : 'unanswered';
      const site = reporter(src, dst);
      if (!site) return outcome;
      note(site, {
        kind: 'flow',
        at,
        src,
        dst,
        dst_port: attempt.port,
        protocol: attempt.protocol,
        outcome,
        bytes_out: outcome === 'answered' ? attempt.bytesOut : Math.min(attempt.bytesOut, 180),
        bytes_in: outcome === 'answered' ? attempt.bytesIn : 0,
      });
      return outcome;
    },
    command: ({ src, dst, action }, at) => {
      const site = reporter(src, dst);
      if (site) note(site, { kind: 'command', at, src, dst, action });
    },
  };
}
