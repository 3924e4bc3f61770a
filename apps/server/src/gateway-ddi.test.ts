/** hawkBit clients over mutual TLS: polls, deployments, feedback and its proof, cancelling, downloads, and whatever else arrives. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONTENT_PATH } from '@cityward/contracts';
import { millis, SECOND_MS } from '@cityward/kernel';
import { REQUESTS_PER_SECOND_MAX } from './polled-devices.ts';
import { artifactFrom, unsignedOrder } from './testing-desk.ts';
import { startTestDdi, type TestDdi } from './testing-ddi.ts';

interface PollAnswer {
  readonly config: { readonly polling: { readonly sleep: string } };
  readonly _links: Readonly<Record<string, { readonly href: string }>>;
}
let ddi: TestDdi;
beforeAll(async () => {
  ddi = await startTestDdi();
});
afterAll(() => ddi.stop());

/** Polls under way together. */
const AT_ONCE = 20;
let count = 0;
const newDevice = (): string => `cam-${String(++count).padStart(4, '0')}`;
const image = Buffer.from('a whole firmware image, as bytes');
function order(device: string, version = '2.0.0', counter = 1) {
  const artifact = artifactFrom(image, version);
  ddi.desk.content.set(artifact.sha256, image);
  ddi.desk.order(device, unsignedOrder(device, artifact, counter));
  return artifact;
}
const poll = async (device: string): Promise<PollAnswer> => (await ddi.ask(device, '')).json<PollAnswer>();
const linksOf = async (device: string): Promise<string[]> => Object.keys((await poll(device))._links).sort();
const feedback = (device: string, path: string, [said = '', ...details]: readonly string[]) => {
  const [execution, finished = 'none'] = said.split('/');
  // As swupdate sends it: the id a number, `time` for the time stamp, a progress of nothing.
  const status = { execution, result: { finished, progress: { cnt: 0, of: 0 } }, details };
  return ddi.ask(device, `${path}/feedback`, { method: 'POST', body: { id: 2, time: '20261122T015628', status } });
};
const says = (device: string, version: string) =>
  ddi.ask(device, 'configData', {
    method: 'PUT',
    body: {
      id: '',
      time: '20261122T015628',
      status: { result: { finished: 'success' }, execution: 'closed', details: [''] },
      data: { serial: 'x', version },
    },
  });
const states = (device: string): string[] => ddi.desk.of(device).map(({ state }) => state);

describe('a poll', () => {
  it('says when to ask again, each device at its own time, and asks for attributes once', async () => {
    const device = newDevice();
    const answer = await ddi.ask(device, '');
    expect(answer.status).toBe(200);
    const { config, _links } = answer.json<PollAnswer>();
    expect(config.polling.sleep).toMatch(/^00:0[456]:\d\d$/u);
    expect(Object.keys(_links)).toEqual(['configData']);
    expect((await says(device, '1.0.0')).status).toBe(200);
    expect(await linksOf(device)).toEqual([]);
    expect(ddi.desk.sightings.filter((one) => one.device === device).at(-1)!.running.firmware).toBe('1.0.0');
    expect(ddi.alive).toContain(device);
    const sleeps = await Promise.all(
      Array.from({ length: 30 }, async () => (await poll(newDevice())).config.polling.sleep),
    );
    expect(new Set(sleeps).size).toBeGreaterThan(15);
  });
  it('is answered the same by the long way', async () => {
    const device = newDevice();
    const short = await ddi.ask(device, '');
    const long = await ddi.ask(device, '?long=1');
    expect(long.body.toString().replaceAll('127.0.0.1', 'localhost')).toBe(
      short.body.toString().replaceAll('127.0.0.1', 'localhost'),
    );
  });
  it.each(['', '?long=1'])('is refused under the name of another, held, revoked, or too often (%s)', async (query) => {
    const [one, two] = [newDevice(), newDevice()];
    const as = ddi.identity(one);
    expect((await ddi.ask(two, query, { as })).status).toBe(403);
    expect((await ddi.ask(one, query)).status).toBe(200);
    ddi.held.add(one);
    expect((await ddi.ask(one, query)).status).toBe(403);
    ddi.held.delete(one);
    ddi.revoked.add(one);
    expect((await ddi.ask(one, query)).status).toBe(403);
    expect((await ddi.ask(two, query, { headers: { host: 'evil.example' } })).status).toBe(403);
  });
  it('too often in a second is told to wait, and answered in the next', async () => {
    let now = Date.UTC(2027, 0, 1);
    const own = await startTestDdi({ clock: () => millis(now) });
    try {
      const device = newDevice();
      const statuses: number[] = [];
      for (let asked = 0; asked < REQUESTS_PER_SECOND_MAX; asked += AT_ONCE) {
        const some = await Promise.all(Array.from({ length: AT_ONCE }, () => own.ask(device, '')));
        statuses.push(...some.map(({ status }) => status));
      }
      expect(new Set(statuses)).toEqual(new Set([200]));
      const late = await own.ask(device, '');
      expect([late.status, late.headers['retry-after']]).toEqual([429, '1']);
      now += SECOND_MS;
      expect((await own.ask(device, '')).status).toBe(200);
    } finally {
      await own.stop();
    }
  });
});

describe('a deployment', () => {
  it('runs to its claim, and is done only when the device shows the version', async () => {
    const device = newDevice();
    await says(device, '1.0.0');
    const artifact = order(device);
    const { _links } = await poll(device);
    expect(_links['deploymentBase']!.href).toMatch(
      new RegExp(`^https://127.0.0.1:${ddi.port}/DEFAULT/controller/v1/${device}/deploymentBase/2`),
    );
    const base = (await ddi.ask(device, 'deploymentBase/2')).json<{
      id: string;
      deployment: {
        chunks: {
          artifacts: {
            size: number;
            hashes: { sha256: string; sha1: string };
            filename: string;
            _links: Record<string, { href: string }>;
          }[];
        }[];
      };
    }>();
    expect(base.id).toBe('2');
    const file = base.deployment.chunks[0]!.artifacts[0]!;
    expect(file).toMatchObject({ filename: artifact.name, size: image.length, hashes: { sha256: artifact.sha256 } });
    const path = new URL(file._links['download-http']!.href).pathname;
    expect((await ddi.ask(device, path, { method: 'HEAD' })).headers['content-length']).toBe(String(image.length));
    expect((await ddi.ask(device, path)).body.equals(image)).toBe(true);
    for (let i = 0; i < 3; i++) expect((await feedback(device, 'deploymentBase/2', ['proceeding'])).status).toBe(200);
    expect((await feedback(device, 'deploymentBase/2', ['closed/success'])).status).toBe(200);
    expect(states(device)).toEqual(['accepted', 'downloading', 'installing', 'done']);
    expect(ddi.desk.of(device).at(-1)!.running).toBeNull();
    expect(await linksOf(device)).toEqual(['configData']);
    await says(device, '1.0.0');
    expect(states(device)).toHaveLength(4);
    await says(device, '2.0.0');
    expect(ddi.desk.of(device).at(-1)).toMatchObject({ state: 'done', running: '2.0.0', job: 'job-0001' });
    expect(ddi.desk.of(device).map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
    expect(await linksOf(device)).toEqual([]);
    expect((await feedback(device, 'deploymentBase/2', ['closed/success'])).status).toBe(410);
  });
  it('is done at once by a device that has shown the version before it claims, and by an installed version that is put', async () => {
    const [one, two] = [newDevice(), newDevice()];
    for (const device of [one, two]) {
      order(device);
      await ddi.ask(device, 'deploymentBase/2');
    }
    await says(one, '2.0.0');
    await feedback(one, 'deploymentBase/2', ['closed/success']);
    await feedback(two, 'deploymentBase/2', ['closed/none']);
    await ddi.ask(two, 'installedBase', { method: 'PUT', body: { name: 'os', version: '2.0.0' } });
    for (const device of [one, two])
      expect(ddi.desk.of(device).at(-1)).toMatchObject({ state: 'done', running: '2.0.0' });
  });
  it('fails when the device says so or rejects it, with its last words', async () => {
    for (const [execution, finished, state] of [
      ['closed', 'failure', 'failed'],
      ['rejected', 'none', 'refused'],
      ['canceled', 'none', 'failed'],
    ] as const) {
      const device = newDevice();
      order(device);
      await ddi.ask(device, 'deploymentBase/2');
      await feedback(device, 'deploymentBase/2', [`${execution}/${finished}`, 'began', 'no space left']);
      expect(ddi.desk.of(device).at(-1)).toMatchObject({ state });
      expect(ddi.desk.of(device).at(-1)!.reason).toContain('no space left');
    }
  });
  it('is cancelled when it is wanted no more, and the next one comes after that', async () => {
    const device = newDevice();
    await says(device, '1.0.0');
    order(device);
    await ddi.ask(device, 'deploymentBase/2');
    order(device, '3.0.0', 2);
    expect(await linksOf(device)).toEqual(['cancelAction']);
    expect((await ddi.ask(device, 'deploymentBase/2')).status).toBe(404);
    expect((await ddi.ask(device, 'cancelAction/2')).json()).toEqual({ id: '2', cancelAction: { stopId: '2' } });
    expect((await feedback(device, 'cancelAction/2', ['proceeding'])).status).toBe(200);
    expect((await feedback(device, 'cancelAction/2', ['closed/success'])).status).toBe(200);
    expect(ddi.desk.of(device).at(-1)).toMatchObject({ job: 'job-0001', state: 'failed' });
    expect(await linksOf(device)).toEqual(['deploymentBase']);
    expect((await feedback(device, 'deploymentBase/2', ['closed/success'])).status).toBe(410);
    expect((await ddi.ask(device, 'deploymentBase/4')).status).toBe(200);
    expect((await ddi.ask(device, 'cancelAction/4')).status).toBe(404);
  });
  it('goes on after the server forgot it', async () => {
    const device = newDevice();
    order(device);
    expect((await feedback(device, 'deploymentBase/2', ['proceeding'])).status).toBe(200);
    expect(states(device)).toEqual(['installing']);
    expect((await feedback(device, 'deploymentBase/9999', ['proceeding'])).status).toBe(404);
    expect((await feedback(device, 'deploymentBase/x', ['proceeding'])).status).toBe(404);
  });
  it('of anything but an installation is not for these devices', async () => {
    const device = newDevice();
    const restart = unsignedOrder(device, artifactFrom(image, '2.0.0'));
    ddi.desk.order(device, { ...restart, job: { ...restart.job, action: { do: 'restart' } } });
    expect(await linksOf(device)).toEqual(['configData']);
  });
});

describe('an artifact', () => {
  const get = (device: string, headers: Record<string, string>) =>
    ddi.ask(device, 'softwaremodules/2/artifacts/fw.swu', { headers });
  it('comes in ranges, matches its tag, and has its sum beside it', async () => {
    const device = newDevice();
    order(device);
    const whole = await get(device, {});
    const tag = String(whole.headers['etag']);
    const part = await get(device, { range: 'bytes=2-6', 'if-match': tag });
    expect([part.status, part.body.toString(), part.headers['content-range']]).toEqual([
      206,
      image.subarray(2, 7).toString(),
      `bytes 2-6/${image.length}`,
    ]);
    expect((await get(device, { range: 'bytes=-4' })).body.toString()).toBe(image.subarray(-4).toString());
    expect((await get(device, { range: `bytes=${image.length}-` })).status).toBe(416);
    expect((await get(device, { range: 'bytes=x' })).status).toBe(200);
    expect((await get(device, { 'if-match': '"0000"' })).status).toBe(412);
    const sum = await ddi.ask(device, 'softwaremodules/2/artifacts/fw.swu.MD5SUM');
    expect(sum.body.toString()).toMatch(/^[0-9a-f]{32} {2}fw\.swu\n$/u);
    expect((await ddi.ask(device, 'softwaremodules/2/artifacts')).json<unknown[]>()).toHaveLength(1);
    expect((await ddi.ask(device, 'softwaremodules/2/artifacts/other')).status).toBe(404);
    expect((await ddi.ask(device, 'softwaremodules/4/artifacts/fw.swu')).status).toBe(404);
  });
  it('is for the device alone that is to install it', async () => {
    const [one, two] = [newDevice(), newDevice()];
    const { sha256 } = order(one);
    expect((await ddi.ask(one, `${CONTENT_PATH}${sha256}`)).body.equals(image)).toBe(true);
    expect((await ddi.ask(two, `${CONTENT_PATH}${sha256}`)).status).toBe(404);
    expect((await ddi.ask(two, 'softwaremodules/2/artifacts/fw.swu')).status).toBe(404);
    expect((await ddi.ask(one, `${CONTENT_PATH}${'0'.repeat(64)}`)).status).toBe(404);
  });
});

describe('when as many download as there may be', () => {
  it('nothing new is offered, and what was offered is told to ask again', async () => {
    const full = await startTestDdi({ downloadsMax: 0 });
    const [one, two] = [newDevice(), newDevice()];
    const artifact = artifactFrom(image, '2.0.0');
    full.desk.content.set(artifact.sha256, image);
    for (const device of [one, two]) full.desk.order(device, unsignedOrder(device, artifact));
    expect(Object.keys((await full.ask(one, '')).json<PollAnswer>()._links)).toEqual(['configData']);
    await full.ask(two, 'deploymentBase/2');
    expect(Object.keys((await full.ask(two, '')).json<PollAnswer>()._links)).toContain('deploymentBase');
    const busy = await full.ask(two, 'softwaremodules/2/artifacts/fw.swu');
    expect([busy.status, busy.headers['retry-after']]).toEqual([503, '1']);
    await full.stop();
  });
});

describe('what is no feedback', () => {
  it('is refused by size and depth, and changes nothing', async () => {
    const device = newDevice();
    order(device);
    await ddi.ask(device, 'deploymentBase/2');
    const deep = `{"status":${'{"a":'.repeat(40)}1${'}'.repeat(40)}}`;
    const bad = [
      Buffer.alloc(70_000, 0x20),
      Buffer.from(deep),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('[]'),
      Buffer.from('{}'),
      Buffer.from(''),
    ];
    const statuses = [];
    for (const body of bad)
      statuses.push((await ddi.ask(device, 'deploymentBase/2/feedback', { method: 'POST', body })).status);
    expect(statuses).toEqual([413, 400, 400, 400, 400, 400]);
    expect(states(device)).toEqual(['accepted']);
  });
  it('whatever it is, answers and never breaks (10,000 cases of each)', async () => {
    let second = 0;
    // A second for each, since the limit is not what is tried here.
    const own = await startTestDdi({ clock: () => millis(Date.now() + second * 1_000) });
    const device = newDevice();
    const artifact = artifactFrom(image, '2.0.0');
    own.desk.content.set(artifact.sha256, image);
    const routes = new Map(own.gateway.routes.map((route) => [route.name, route]));
    const caller = { principal: { type: 'Device', id: device, roles: [], attributes: {} } } as never;
    const call = (name: string, body: Buffer, action: string) =>
      routes.get(name)!.handle(
        {
          method: 'POST',
          path: '',
          query: '',
          params: { controller: device, action },
          headers: {},
          body,
          peer: null,
          ip: '',
        },
        caller,
      );
    const execution = fc.constantFrom('closed', 'proceeding', 'canceled', 'download', 'bogus', 7, null);
    const like = fc.record(
      {
        id: fc.anything(),
        status: fc.oneof(
          fc.anything(),
          fc.record({
            execution,
            result: fc.oneof(
              fc.anything(),
              fc.record({ finished: fc.constantFrom('success', 'failure', 'none', 1), progress: fc.anything() }),
            ),
            details: fc.anything(),
          }),
        ),
        mode: fc.constantFrom('merge', 'replace', 'remove', 'x'),
        data: fc.oneof(fc.anything(), fc.dictionary(fc.string(), fc.anything())),
      },
      { requiredKeys: [] },
    );
    const text = (value: unknown): Buffer => {
      try {
        return Buffer.from(JSON.stringify(value) ?? '');
      } catch {
        return Buffer.from('{}');
      }
    };
    const body = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      fc.json().map((json) => Buffer.from(json)),
      like.map(text),
    );
    await fc.assert(
      fc.asyncProperty(body, fc.constantFrom('2', '3', 'x', '-1'), async (bytes, action) => {
        second++;
        if (second % 50 === 1) {
          own.desk.reports.length = 0;
          own.desk.order(device, unsignedOrder(device, artifact));
        }
        for (const name of ['ddiFeedback', 'ddiCancelFeedback', 'ddiAttributes']) {
          const { status } = await call(name, bytes, action);
          expect([200, 400, 404, 410, 413]).toContain(status);
        }
      }),
      { numRuns: 10_000 },
    );
    await own.stop();
  }, 60_000);
});
