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
