/** What the verbs of RADIUS read and write: switches, VLANs, and a configuration in which no name can break out of its line. */
import { describe, expect, it } from 'vitest';
import type { RadiusSetUp, VlanPlan } from '@cityward/contracts';
import { raddbFiles } from './raddb.ts';
import { changedPlan, readSwitch } from './radius.ts';

const pair = { key: 'KEY', certificates: 'CERTIFICATE', notAfter: 0 };
const set: RadiusSetUp = {
  id: 'radius-server',
  server: pair,
  client: pair,
  ca: 'AUTHORITY',
  url: 'https://localhost:8444',
  switches: [
    { name: 'east', address: '192.0.2.10', coaPort: 3799, secret: 'secret-of-east' },
    { name: 'west', address: '2001:db8::1', coaPort: 3799, secret: 'secret-of-west' },
  ],
  plan: { quarantine: 999, classes: [] },
};
const files = new Map(
  raddbFiles(set, { folder: '/etc/raddb', listen: '127.0.0.1', authPort: 1812, accountingPort: 1813 }).map((one) => [
    one.path,
    one.text,
  ]),
);

describe('the configuration', () => {
  it('gives each switch its own secret, wants its packets sealed, and writes secrets nowhere else', () => {
    const clients = files.get('clients.conf')!;
    expect(clients.match(/require_message_authenticator = yes/g)).toHaveLength(2);
    expect(clients).toMatch(/ipv6addr = 2001:db8::1\n {2}secret = "secret-of-west"/);
    for (const [path, text] of files)
      if (path !== 'clients.conf') expect([path, text.includes('secret-of')]).toEqual([path, false]);
  });
  it('tells the city whom 802.1X has refused', () => {
    expect(files.get('mods-enabled/rest')).toMatch(/post-auth \{\s+uri = "[^"]+\/radius\/v1\/refused"/);
    expect(files.get('sites-enabled/cityward')).toMatch(/REJECT \{[\s\S]*&EAP-Message !\* ANY[\s\S]*rest/);
  });
  it('asks the city once a certificate is verified, and resumes no session past it', () => {
    expect(files.get('mods-enabled/eap')).toMatch(/virtual_server = cityward-certificate[\s\S]*$/);
    expect(files.get('mods-enabled/eap')).toMatch(/cache \{[^}]*enable = no/);
    expect(files.get('sites-enabled/cityward-certificate')).toContain('rest');
  });
});

it('reads switches', () => {
  expect(readSwitch('east=192.0.2.10')).toEqual({ name: 'east', address: '192.0.2.10', coaPort: 3799 });
  expect(readSwitch('east=2001:db8::1/13799')).toEqual({ name: 'east', address: '2001:db8::1', coaPort: 13799 });
  for (const bad of ['east', 'east=', 'east=switch.example', 'ea st=192.0.2.1', 'east=192.0.2.1/x', 'a"=192.0.2.1'])
    expect(() => readSwitch(bad)).toThrow('NAME=ADDRESS');
});

it('changes a plan and leaves the rest', () => {
  const plan: VlanPlan = { quarantine: 999, classes: [{ class: 'camera', vlan: 104 }] };
  expect(changedPlan(plan, 'camera=120,quarantine=998')).toEqual({
    quarantine: 998,
    classes: [{ class: 'camera', vlan: 120 }],
  });
  expect(changedPlan(plan, 'camera=')).toEqual({ quarantine: 999, classes: [] });
  expect(() => changedPlan(plan, 'camera')).toThrow('CLASS=VLAN');
});
