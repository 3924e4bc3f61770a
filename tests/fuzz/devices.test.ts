/** What devices, switches and gateways send, changed ten thousand times: DDI, Mender, RADIUS, readings, looks and forms. */
import { describe, expect, it } from 'vitest';
import { millis, Secret, type Refusal, type Result } from '@cityward/kernel';
import { parseDdiAttributes, parseDdiFeedback, parseDdiInstalled } from '@cityward/formats/ddi';
import {
  parseMenderAuth,
  parseMenderInventory,
  parseMenderLog,
  parseMenderProvides,
  parseMenderReport,
} from '@cityward/formats/mender';
import { silentLog } from '@cityward/log';
import { formUpload } from '../../apps/agent/src/simulated-camera/upload.ts';
import { readAttributes } from '../../apps/server/src/gateway-radius.ts';
import { createGate } from '../../modules/fleet/src/gate.ts';
import { bytes, GOOD_LAMP, report, rows, signals, world } from '../../modules/fleet/src/testing-baseline.ts';
import { testGatePorts } from '../../modules/fleet/src/testing.ts';
import { decodePacket } from '../../platform/radius/src/packet.ts';
import { openAnswer, sealAnswer, sealRequest } from '../../platform/radius/src/sealing.ts';
import { fuzz, isTyped, seedsOf } from './cases.ts';
import { mutateJson, mutateMultipart, mutateRadius } from './mutate.ts';

type Parse = (message: Buffer) => Result<unknown, Refusal>;

describe('ten thousand changed messages of real clients', { timeout: 300_000 }, () => {
  it.each<[string, Parse]>([
    ['ddi-feedback', parseDdiFeedback],
    ['ddi-attributes', parseDdiAttributes],
    ['mender-auth', parseMenderAuth],
    ['mender-inventory', parseMenderInventory],
    ['mender-provides', parseMenderProvides],
    ['mender-report', parseMenderReport],
    ['mender-log', parseMenderLog],
  ])('%s: each is read or refused', async (name, parse) => {
    for (const seed of seedsOf(name)) expect(parse(seed).ok).toBe(true);
    let refused = 0;
    const check = (message: Buffer): void => void (isTyped(parse(message)) || refused++);
    await fuzz({ name, seeds: seedsOf(name), seed: 1, mutate: mutateJson, check });
    expect(refused).toBeGreaterThan(1_000);
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it('what a device says that it runs', async () => {
    const seeds = [Buffer.from('{"name":"fw.swu","version":"1.2.0"}')];
    const check = (message: Buffer): unknown => isTyped(parseDdiInstalled(message));
    await fuzz({ name: 'ddi-installed', seeds, seed: 2, mutate: mutateJson, check });
  });

  it('attributes of a RADIUS server are a list of attributes, or nothing', async () => {
    const name = 'radius-attributes';
    for (const seed of seedsOf(name)) expect(readAttributes(seed)).not.toBeNull();
    const check = (message: Buffer): void => {
      for (const one of Object.values(readAttributes(message) ?? {})) expect(one.value.length).toBeGreaterThan(0);
    };
    await fuzz({ name, seeds: seedsOf(name), seed: 3, mutate: mutateJson, check });
  });

  it('a changed answer of a switch is never taken', async () => {
    const secret = new Secret('a secret of this switch');
    const request = sealRequest({ code: 43, identifier: 7, attributes: [] }, secret);
    const mine = sealAnswer({ code: 44, identifier: 7, attributes: [] }, request, secret);
    expect(openAnswer(mine, request, secret).ok).toBe(true);
    for (const seed of seedsOf('radius-answer')) expect(decodePacket(seed).ok).toBe(true);
    const seeds = [...seedsOf('radius-answer'), mine];
    let decoded = 0;
    const check = (message: Buffer): void => {
      if (isTyped(decodePacket(message))) decoded++;
      // What lies behind the length of a packet is padding (RFC 2865 3), and no change of it.
      const same = message.subarray(0, mine.length).equals(mine);
      expect(isTyped(openAnswer(message, request, secret))).toBe(same);
    };
    await fuzz({ name: 'radius-answer', seeds, seed: 4, mutate: mutateRadius, check });
    expect(decoded).toBeGreaterThan(1_000);
  });

  it('a reading of how a device is set up is taken whole, or not at all', async () => {
    const good = report('lamp-0001', GOOD_LAMP);
    const { settings, agent } = GOOD_LAMP;
    const other = report('lamp-0001', { settings: { ...settings, 'ssh.enabled': true }, agent });
    const kept = () => rows('select device, at::float8 as at from fleet.baseline_reading order by device');
    let taken = 0;
    const check = async (message: Buffer): Promise<void> => {
      if (isTyped(await world.baseline.take('lamp-0001', message))) taken++;
    };
    await fuzz({ name: 'baseline', seeds: [bytes(good), bytes(other)], seed: 5, mutate: mutateJson, check });
    await world.baseline.settled();
    expect(taken).toBeLessThan(9_000);
    expect((await kept()).map(({ device }) => device)).toEqual(taken > 0 ? ['lamp-0001'] : []);
    expect(new Set(signals.map(({ device }) => device)).size).toBeLessThanOrEqual(1);
  });

  it('what a gateway saw and was not asked for is refused, whatever it is', async () => {
    const sql = { transact: () => Promise.reject(new Error('nothing is written')) } as never;
    const needs = {
      sql,
      clock: () => millis(Date.now()),
      log: silentLog,
      cityName: 'Port Test',
      ports: testGatePorts({}),
    };
    const gate = createGate(needs);
    const seeds = [
      bytes({
        ...{ order: 'probe', id: 'look-0001', device: 'cam-0001', at: Date.now(), firmware: '11.8.2' },
        credentials: { ended: 'complete', tried: 9, accepted: null, open: false },
        tls: { protocol: 'TLSv1.3', cipher: 'x', fingerprint: null, selfSigned: true, notAfter: null, plain: false },
        clock: { device: Date.now(), gateway: Date.now() },
      }),
    ];
    const check = async (message: Buffer): Promise<void> => {
      expect(isTyped(await gate.probed('switch-0001', message))).toBe(false);
    };
    await fuzz({ name: 'look', seeds, seed: 6, mutate: mutateJson, check });
  });

  it('a form with an image is read to its end or is broken, in pieces of any size', async () => {
    const boundary = 'xxCITYWARDxx';
    const form = Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="metadata"\r\nContent-Type: application/json\r\n\r\n` +
        `{"apiVersion":"1.0","method":"upgrade","params":{"autoCommit":"never"}}\r\n--${boundary}\r\n` +
        `Content-Disposition: form-data; name="firmware"; filename="fw.bin"\r\nContent-Type: application/octet-stream\r\n\r\n` +
        `image\r\n--${boundary}--\r\n`,
    );
    await fuzz({
      name: 'form',
      seeds: [form],
      seed: 7,
      mutate: mutateMultipart,
      check: (message, chance) => {
        const upload = formUpload(boundary);
        for (let at = 0; at < message.length;) {
          const size = 1 + chance.below(400);
          upload.write(message.subarray(at, at + size));
          at += size;
        }
        const { facts } = upload.end();
        expect(facts).toBeNull(); // `image` is no image: only a whole one would have facts
      },
    });
  });
});
