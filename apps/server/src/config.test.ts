/** Settings come from flags over environment over defaults; a misspelt one stops the start. */
import { expect, it } from 'vitest';
import { helpText, readConfig, SETTINGS } from './config.ts';

it('prefers flags to environment to defaults', () => {
  const read = readConfig(['--devices', '5000', '--calm', '--port=9000'], {
    CITYWARD_DEVICES: '700',
    CITYWARD_SEED: 'other',
  });
  expect(read).toMatchObject({
    ok: true,
    value: { devices: 5000, calm: true, consolePort: 9000, seed: 'other', mqttPort: 8883 },
  });
});

it('names every fault at once, with what was wanted', () => {
  const read = readConfig(['--devices', 'many', '--colour', '--seed'], { CITYWARD_PORTS: '1', CITYWARD_PORT: '99999' });
  expect(read.ok ? [] : read.error).toEqual([
    'read "--colour": no such flag; see --help',
    'read --seed: a value is missing; wanted 1 to 40 letters, digits, dots or hyphens',
    'read --devices "many": wanted a number from 200 to 100000',
    'read CITYWARD_PORT "99999": wanted a port from 1 to 65535',
    'read environment "CITYWARD_PORTS": no such setting; see --help',
  ]);
});

it('explains every setting', () => {
  for (const { flag, env } of SETTINGS) expect(helpText()).toMatch(new RegExp(`--${flag} .*${env}`));
});

it('takes a sign-in provider whole, over https or on this machine', () => {
  const rest = ['--oidc-client-id', 'cityward', '--oidc-client-secret-file', '/etc/secret'];
  const read = (issuer: string, more = rest) => readConfig(['--oidc-issuer', issuer, ...more], {});
  expect(readConfig([], {})).toMatchObject({ ok: true, value: { oidcIssuer: undefined } });
  for (const issuer of ['https://login.example/city', 'http://localhost:4000', 'http://127.0.0.1:4000'])
    expect(read(issuer)).toMatchObject({
      ok: true,
      value: { oidcIssuer: issuer, oidcClientSecretFile: '/etc/secret' },
    });
  for (const issuer of ['http://login.example', 'https://a@login.example', 'https://login.example/?a=b', 'login'])
    expect(read(issuer)).toMatchObject({
      error: [`read --oidc-issuer "${issuer}": wanted an https URL without query; http on this machine only`],
    });
  expect(read('https://login.example', rest.slice(0, 2)).ok).toBe(false);
  expect(readConfig(rest, {}).ok).toBe(false);
});

it('takes the root key of records at a key service, whole and over https', () => {
  const read = (text: string) => readConfig(['--kms', text], {});
  const key = 'https://bao.example:8200/v1/city/transit/keys/root';
  expect(read(`${key}?token-file=/etc/token&namespace=city`)).toMatchObject({
    value: {
      kms: {
        url: 'https://bao.example:8200',
        mount: 'city/transit',
        key: 'root',
        namespace: 'city',
        tokenFile: '/etc/token',
      },
    },
  });
  expect(readConfig([], {})).toMatchObject({ ok: true, value: { kms: undefined } });
  for (const bad of [
    key,
    `${key}?token-file=/etc/token&token=s.secret`,
    'http://bao.example/v1/transit/keys/root?token-file=/t',
    'https://bao.example/transit/root?token-file=/t',
    'https://user@bao.example/v1/transit/keys/root?token-file=/t',
  ])
    expect(read(bad).ok, bad).toBe(false);
});
