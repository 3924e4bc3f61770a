/** Which make of its model a device is: from a file, kept, taken back, and gone with the thing that it was said of. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { importTesting } from './import-testing.ts';

const testing = importTesting({ beforeAll, afterAll, beforeEach });
const { preview, commit, undo } = testing;
const revisionOf = (device: string): string | null | undefined => testing.city().record(device)?.hardwareRevision;

describe('the hardware revision', () => {
  it('comes in from a column of a table, by the names that people give it, and is taken back exactly', async () => {
    const file = 'Serial number,HW Rev\nC1,R2\nN77,R3\n';
    const shown = await preview(file);
    expect(shown.columns.map(({ field }) => field)).toEqual(['serial', 'hardwareRevision']);
    expect(shown.rows[0]).toMatchObject({
      device: 'cam-1',
      changes: [{ field: 'hardwareRevision', was: '', becomes: 'R2' }],
    });
    const { id, rows } = await commit(file);
    expect([revisionOf('cam-1'), revisionOf(rows[1]!.device!)]).toEqual(['R2', 'R3']);
    expect((await preview(file)).counts).toMatchObject({ same: 2, changed: 0 });
    // An empty cell says nothing.
    await commit('serial,hwrev,firmware\nC1,,9.9\n');
    expect(revisionOf('cam-1')).toBe('R2');
    await testing.restart();
    expect(revisionOf('cam-1')).toBe('R2');
    const again = await commit('serial,hardware revision\nC1,R4\n');
    expect(revisionOf('cam-1')).toBe('R4');
    await undo(again.id);
    expect(revisionOf('cam-1')).toBe('R2');
    expect(id).not.toBe(again.id);
  });

  it('comes in from GeoJSON', async () => {
    const feature = {
      type: 'Feature',
      geometry: { type: 'Point', coordinates: [174.15, -41.25] },
      properties: { serial: 'C1', hardwareRevision: 'B1' },
    };
    await commit(JSON.stringify({ type: 'FeatureCollection', features: [feature] }), 'cameras.geojson');
    expect(revisionOf('cam-1')).toBe('B1');
  });

  it('is not longer than a label', async () => {
    const report = await preview(`serial,hw rev\nC1,${'x'.repeat(65)}\n`);
    expect(report.rows[0]).toMatchObject({ verdict: 'rejected' });
    expect(report.rows[0]!.reason).toContain('65 characters, at most 64');
  });

  it('is that of the thing and not of its place: other hardware has none until somebody says it, and the old one has its own again', async () => {
    await commit('serial,hw rev\nC1,R2\n');
    const { serial, mac, model, firmware } = testing.city().record('cam-1')!;
    const because = { by: 'per-1', reason: 'Struck by lightning' };
    await testing.city().setHardware('cam-1', { serial: 'C99', mac: null, model, firmware, ...because });
    expect(revisionOf('cam-1')).toBeNull();
    await testing.city().setHardware('cam-1', { serial, mac, model, firmware, hardwareRevision: 'R2', ...because });
    expect(revisionOf('cam-1')).toBe('R2');
  });
});
