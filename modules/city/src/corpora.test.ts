/** Real layers of a real city, imported over Port Merrow; skipped, and said so, where the corpora are not on this machine. */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '@cityward/kernel';
import { silentLog } from '@cityward/log';
import { openTestSql, type TestSql } from '@cityward/sql/testing';
import { memoryFiles } from './import-testing.ts';
import { createCity, type City } from './service.ts';

const ROOT = new URL('../../../', import.meta.url).pathname;
const ASSETS = resolve(ROOT, process.env['CITYWARD_CORPORA'] ?? '../shared/corpora', 'city/assets');
const there = existsSync(ASSETS);
if (!there) process.stderr.write(`SKIPPED modules/city/src/corpora.test.ts: no "${ASSETS}"; set CITYWARD_CORPORA\n`);

describe.skipIf(!there)('real asset layers', () => {
  let sql: TestSql;
  let city: City;
  beforeAll(async () => {
    sql = await openTestSql();
    city = createCity({ sql, clock: systemClock, log: silentLog, files: memoryFiles() });
    await city.start();
    await city.found({ seed: '1', devices: 600 });
  });
  afterAll(async () => {
    await city.stop();
    await sql.stop();
  });

  const preview = async (layer: string) => {
    const text = readFileSync(resolve(ASSETS, `${layer}.geojson`), 'utf8');
    const answer = await city.imports.preview({ file: `${layer}.geojson`, text, by: 'per-1' });
    if (!answer.ok) throw new Error(answer.error.message);
    return answer.value;
  };

  it('come in whole, once, and go again', async () => {
    const before = { devices: city.deviceIds().length, arcs: city.graph().forward.targets.length };
    const done: string[] = [];
    for (const [layer, count] of [
      ['signalized-intersections-acisa', 1_403],
      ['cctv-street-cameras', 596],
      ['hospitals', 18],
      ['dialysis-clinics', 24],
      ['fire-stations', 34],
      ['police-stations', 15],
      ['metro-stations-district', 40],
    ] as const) {
      const report = await preview(layer);
      expect([layer, report.counts]).toEqual([
        layer,
        { rows: count, new: count, changed: 0, same: 0, conflict: 0, rejected: 0 },
      ]);
      expect(await city.imports.commit(report.id, 'per-1')).toMatchObject({ ok: true });
      expect((await preview(layer)).counts.same).toBe(count);
      done.push(report.id);
    }
    expect(city.deviceIds()).toHaveLength(before.devices + 1_403 + 596);
    const graph = city.graph();
    const plant = graph.ids.filter((id) => id.startsWith('net-signalized-intersections-acisa-'));
    // 165 cables, 17 trunks, 24 sub-feeds, 11 distribution cables, 293 lines and the centre.
    expect(plant).toHaveLength(165 + 17 + 24 + 11 + 293 + 1);
    for (const id of done.reverse())
      expect(await city.imports.undo(id, { by: 'per-1', reason: 'only a test' })).toMatchObject({ ok: true });
    expect({ devices: city.deviceIds().length, arcs: city.graph().forward.targets.length }).toEqual(before);
  });
});
