/** Modbus and VAPIX: by the tables of their specifications, against garbage, and over real sockets. */
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { portMerrow } from '@cityward/city/reference';
import { createField, loopbackOf, registersOf } from './field.ts';
import { answerPdu, READ_MAX, readRequest, takeFrame, WRITE_MAX, writeFrame, writeRequest } from './modbus.ts';
import { createModbusServer, poll } from './modbus-link.ts';
import { answerCamera, BASIC_INFO, type CameraFacts } from './vapix.ts';

const registers = () => registersOf(() => [123, 456]);
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

describe('a Modbus frame', () => {
  it('is taken when it is whole, waited for when it is not, given up when it is broken', () => {
    const whole = hex('0001 0000 0006 01 03 0000 0002');
    expect(takeFrame(whole)).toMatchObject({ state: 'frame', bytes: 12, frame: { transaction: 1, unit: 1 } });
    for (let i = 0; i < whole.length; i++) expect(takeFrame(whole.subarray(0, i)).state).toBe('more');
    expect(takeFrame(hex('0001 0001 0006 01 03 0000 0002')).state).toBe('broken');
    expect(takeFrame(hex('0001 0000 0001 01')).state).toBe('broken');
    expect(takeFrame(hex('0001 0000 00ff 01')).state).toBe('broken');
  });
  it.each([
    ['03 0000 0002', '03 04 0046 0000', 'reads holding registers'],
    ['04 0000 0002', '04 04 007b 01c8', 'reads input registers'],
    ['03 0009 0001', '03 02 0000', 'reads the last register'],
    ['03 0009 0002', '83 02', 'does not read past the last'],
    ['04 0002 0001', '84 02', 'does not read what it does not measure'],
    ['03 0000 0000', '83 03', 'does not read nothing'],
    ['03 0000 007e', '83 03', 'does not read 126'],
    ['03 0000', '83 03', 'does not read a short request'],
    ['06 0000 0032', '06 0000 0032', 'writes a set-point'],
    ['06 0000 0065', '86 03', 'does not write 101 per cent'],
    ['06 000a 0001', '86 02', 'does not write what is not there'],
    ['10 0000 0002 04 0014 0001', '10 0000 0002', 'writes two'],
    ['10 0000 0002 04 0014 0002', '90 03', 'writes none of two when one may not be'],
    ['10 0000 0002 03 0014 00', '90 03', 'does not believe a wrong byte count'],
    ['10 0000 0001 04 0014 0001', '90 03', 'does not believe a wrong register count'],
    ['01 0000 0001', '81 01', 'has no coils'],
    ['2b 0e 01 00', 'ab 01', 'has no device identification'],
    ['', '80 01', 'answers an empty request'],
  ])('%s gives %s: %s', (asked, answer) => {
    expect(answerPdu(registers(), hex(asked)).toString('hex')).toBe(answer.replaceAll(' ', ''));
  });
  it('changes nothing when it refuses', () => {
    const own = registers();
    answerPdu(own, hex('10 0000 0002 04 0014 0002'));
    expect(own.read('holding', 0)).toBe(70);
  });
  it('never throws on garbage, and always answers with the code or its exception (10,000 cases)', () => {
    const own = registers();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const taken = takeFrame(Buffer.from(bytes));
        if (taken.state === 'frame') expect(taken.bytes).toBeLessThanOrEqual(bytes.length);
        const pdu = Buffer.from(bytes);
        const answer = answerPdu(own, pdu);
        expect([pdu[0] ?? 0, (pdu[0] ?? 0) | 0x80]).toContain(answer[0]);
        expect(answer.length).toBeLessThanOrEqual(253);
      }),
      { numRuns: 10_000 },
    );
  });
  it('comes back as it was sent', () => {
    fc.assert(
      fc.property(
        fc.nat(0xffff),
        fc.nat(0xff),
        fc.uint8Array({ minLength: 1, maxLength: 253 }),
        (transaction, unit, pdu) => {
          const bytes = writeFrame({ transaction, unit, pdu: Buffer.from(pdu) });
          expect(takeFrame(bytes)).toEqual({
            state: 'frame',
            frame: { transaction, unit, pdu: Buffer.from(pdu) },
            bytes: bytes.length,
          });
        },
      ),
    );
    expect([READ_MAX, WRITE_MAX]).toEqual([125, 123]);
    expect(readRequest(3, 1, 2).toString('hex')).toBe('0300010002');
    expect(writeRequest(1, 2).toString('hex')).toBe('0600010002');
  });
  it('is polled over a socket, and a broken frame ends the connection', async () => {
    const own = registers();
    const server = createModbusServer(own);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const polled = await poll({
      host: '127.0.0.1',
      port,
      reads: 5,
      first: 0,
      count: 3,
      write: { address: 0, value: 33 },
    });
    expect(polled).toEqual({ answered: true, bytesOut: 72, bytesIn: 5 * 15 + 12 });
    expect(own.read('holding', 0)).toBe(33);
    await new Promise<void>((resolve) => server.close(() => resolve()));
    expect(await poll({ host: '127.0.0.1', port, reads: 1, first: 0, count: 1 })).toMatchObject({
      answered: false,
      bytesIn: 0,
    });
  });
});

const camera: CameraFacts = {
  serial: '0200AABBCCDD',
  model: 'Corvane C220',
  brand: 'Corvane Imaging',
  firmware: '2.3.1',
};
const ask = (body: string, rest: { method?: string; url?: string } = {}) =>
  answerCamera(camera, { method: 'POST', url: BASIC_INFO, body, ...rest }, 'nonce');

describe('a camera', () => {
  it('tells anybody what it is', () => {
    const answer = ask('{"apiVersion":"1.0","context":"c","method":"getAllUnrestrictedProperties"}');
    const told = JSON.parse(answer.body) as { context: string; data: { propertyList: Record<string, string> } };
    expect(answer.status).toBe(200);
    expect(told.context).toBe('c');
    expect(told.data.propertyList).toMatchObject({
      ProdNbr: 'Corvane C220',
      SerialNumber: '0200AABBCCDD',
      Version: '2.3.1',
    });
  });
  it.each([
    ['{"apiVersion":"1.0","method":"getAllProperties"}', BASIC_INFO],
    ['', '/axis-cgi/param.cgi?action=list'],
    ['', '/'],
    ['', '/axis-cgi/basicdeviceinfo.cgi/../firmwaremanagement.cgi'],
  ])('asks who it is before it says more: %s %s', (body, url) => {
    const answer = ask(body, { url });
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toMatch(/^Digest realm="Corvane Imaging 0200AABBCCDD", nonce="nonce"/u);
  });
  it.each([
    ['{', 4000],
    ['[]', 4000],
    ['null', 4000],
    ['{"apiVersion":"1.0"}', 4002],
    ['{"method":"getAllUnrestrictedProperties"}', 4002],
    ['{"apiVersion":"9.0","method":"getAllUnrestrictedProperties"}', 2003],
    ['{"apiVersion":"1.0","method":"reboot"}', 2004],
  ])('answers %s with error %i', (body, code) => {
    expect(JSON.parse(ask(body).body)).toMatchObject({ error: { code } });
  });
  it('takes only POST', () => {
    expect(ask('', { method: 'GET' }).status).toBe(405);
  });
  it('never throws and never opens up (10,000 cases)', () => {
    const url = fc.oneof(fc.constant(BASIC_INFO), fc.webPath(), fc.string());
    const body = fc.oneof(
      fc.json(),
      fc.string(),
      fc.record({ apiVersion: fc.string(), method: fc.string() }).map((o) => JSON.stringify(o)),
    );
    fc.assert(
      fc.property(url, body, fc.constantFrom('GET', 'POST', 'PUT'), (path, text, method) => {
        const answer = ask(text, { url: path, method });
        expect([200, 401, 405, 413]).toContain(answer.status);
        if (answer.status === 200) expect(answer.body).toMatch(/"error"|"apiVersions"|getAllUnrestricted/u);
      }),
      { numRuns: 10_000 },
    );
  });
});

describe('the field', () => {
  const city = portMerrow({ seed: 5, devices: 200 });
  const options = { enabled: true, httpPort: 21_431, httpsPort: 8_543, modbusPort: 21_432, cameras: 3, pumps: 2 };
  const field = createField(city, options);
  afterAll(() => field.stop());

  it('gives each camera and pump its own address', async () => {
    expect(await field.start()).toEqual({ cameras: 3, pumps: 2 });
    const some = city.devices.filter((device) => device.class === 'camera').slice(0, 3);
    const serials = await Promise.all(
      some.map(async (device) => {
        const body = '{"apiVersion":"1.0","method":"getAllUnrestrictedProperties"}';
        const answer = await fetch(`http://${loopbackOf(device)}:21431${BASIC_INFO}`, { method: 'POST', body });
        const told = (await answer.json()) as { data: { propertyList: { SerialNumber: string } } };
        return told.data.propertyList.SerialNumber;
      }),
    );
    expect(serials).toEqual(some.map((device) => device.serial));
    const long = await fetch(`http://${loopbackOf(some[0]!)}:21431${BASIC_INFO}`, {
      method: 'POST',
      body: 'x'.repeat(20_000),
    });
    expect(long.status).toBe(413);
    const pump = city.devices.find((device) => device.class === 'water-pump')!;
    expect(await field.poll(pump.id, { reads: 2, setPoint: 60 })).toMatchObject({ answered: true });
    expect(await field.poll('pump-9999', { reads: 2, setPoint: null })).toBeNull();
  });
  it('goes without where the port is taken', async () => {
    const second = createField(city, options);
    expect(await second.start()).toEqual({ cameras: 0, pumps: 0 });
    await second.stop();
  });
});
