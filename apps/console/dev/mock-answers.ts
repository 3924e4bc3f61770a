/** The mock's answers about situations, imports, jobs and the ledger. */
import type { DeviceRow, ImportReport, Incident, Job, LedgerEntry } from '@cityward/contracts';
import { countStates, WARDS } from './mock-city.ts';
import { HOUR, MockRefusal, serviceCards, storyOf, type Asked, type MockState } from './mock-state.ts';
import * as story from './mock-story.ts';

export const cityNow = (state: MockState) => ({
  name: 'Port Merrow',
  at: Date.now(),
  devices: state.rows.length,
  states: countStates(state.rows),
  services: serviceCards(state),
  wards: WARDS.map(([id, name]) => {
    const rows = state.rows.filter((row) => row.ward?.id === id);
    return { id, name, devices: rows.length, states: countStates(rows) };
  }),
  observationsPerSecond: 118.4,
  openSituations: situations(state).filter((one) => one.state === 'open').length,
  openIncidents: state.incident ? 1 : 0,
  history: '14 days, simulated',
});

export function situations(state: MockState) {
  if (state.calm) return [];
  const told = storyOf(state);
  const main = story.situation(
    told,
    state.incident ? 'incident' : state.dismissed.has('sit-7k2m9c0q4x1ab3d5') ? 'dismissed' : 'open',
    state.incident ? 'inc-4d6f8h0j2k5m7p9r' : null,
  );
  const quiet = story.quiet(told);
  return [
    main,
    state.dismissed.has(quiet.id)
      ? { ...quiet, state: 'dismissed' as const, dismissed: { by: 'Mere', at: Date.now(), reason: 'Planned work' } }
      : quiet,
  ];
}
export const incidentOf = (state: MockState): Incident => {
  if (!state.incident)
    throw new MockRefusal(404, 'INCIDENT_UNKNOWN', 'open incident "inc-4d6f8h0j2k5m7p9r": no such incident');
  return story.incident(storyOf(state), state.containments, state.notes);
};
export const deviceOf = (state: MockState, id: string): DeviceRow => {
  const row = state.byId.get(id);
  if (!row) throw new MockRefusal(404, 'DEVICE_UNKNOWN', `read device "${id}": the city has no such device`);
  return row;
};

export const entriesOf = (size: number, from: number, count: number): LedgerEntry[] =>
  Array.from({ length: Math.max(0, Math.min(count, from)) }, (_, i) => {
    const index = from - 1 - i;
    const types = [
      'finding.raised',
      'device.enrolled',
      'person.signed-in',
      'containment.confirmed',
      'device.re-enrolled',
    ] as const;
    const type = types[index % 5]!;
    return {
      index,
      at: Date.now() - (size - index) * 41_000,
      module: 'identity',
      type,
      actor: index % 3 === 0 ? 'prs-0001' : 'system',
      subject: `cam-${String(index % 120).padStart(4, '0')}`,
      text: `What was done, number ${index}`,
      commitment: 'c0ffee0123456789'.repeat(4),
      personal: type === 'person.signed-in',
      body: null,
    };
  });

export function preview(state: MockState, asked: Asked): ImportReport {
  const text = String(asked.body);
  const lines = text.split(/\r?\n/).filter((line) => line !== '');
  if (lines.length < 2)
    throw new MockRefusal(
      400,
      'IMPORT_EMPTY',
      'read file: it holds no row; a head line and at least one row are wanted',
    );
  const head = lines[0]!.split(',');
  const rows: ImportReport['rows'] = lines.slice(1, 501).map((line, i) => {
    const verdict = (['new', 'changed', 'new', 'rejected', 'conflict'] as const)[i % 5]!;
    return {
      line: i + 2,
      verdict,
      device: verdict === 'changed' ? 'cam-0003' : null,
      name: line.split(',')[0] ?? '',
      reason: {
        new: 'Serial not seen before',
        changed: 'Matched by serial',
        rejected: 'latitude "abc": a number between -90 and 90 is wanted',
        conflict: 'Two rows share serial "SN100003" (lines 4 and 9)',
      }[verdict],
      changes: verdict === 'changed' ? [{ field: 'firmware', was: '2.1.4', becomes: '2.2.0' }] : [],
    };
  });
  const of = (verdict: string): number => rows.filter((row) => row.verdict === verdict).length;
  const report: ImportReport = {
    id: `imp-${state.imports.length + 1}-x`,
    at: Date.now(),
    by: 'Mere',
    file: asked.query['file'] ?? '',
    format: 'csv',
    state: 'previewed',
    columns: head.map((column, i) => ({
      column,
      field: ['name', 'serial', 'lat', 'lon', 'model'][i] ?? null,
      sample: lines[1]!.split(',')[i] ?? '',
    })),
    counts: {
      rows: lines.length - 1,
      new: of('new'),
      changed: of('changed'),
      same: 0,
      conflict: of('conflict'),
      rejected: of('rejected'),
    },
    sha256: null,
    rows,
  };
  state.imports.unshift(report);
  return report;
}
export const importOf = (state: MockState, id: string): ImportReport => {
  const report = state.imports.find((one) => one.id === id);
  if (!report) throw new MockRefusal(404, 'IMPORT_UNKNOWN', `read import "${id}": no such import`);
  return report;
};
export const setImport = (state: MockState, id: string, to: ImportReport['state']): ImportReport => {
  const next = { ...importOf(state, id), state: to };
  state.imports = state.imports.map((one) => (one.id === id ? next : one));
  return next;
};

export const jobs = (): Job[] => [
  {
    id: 'job-0003',
    kind: 'import.commit',
    title: 'Import assets-2026.csv',
    state: 'running',
    attempts: 1,
    attemptsMax: 3,
    progress: 0.42,
    created: Date.now() - 20_000,
    started: Date.now() - 18_000,
    ended: null,
    error: null,
  },
  {
    id: 'job-0002',
    kind: 'replay',
    title: 'Replay conn.log',
    state: 'failed',
    attempts: 3,
    attemptsMax: 3,
    progress: null,
    created: Date.now() - 2 * HOUR,
    started: Date.now() - 2 * HOUR,
    ended: Date.now() - 2 * HOUR + 40_000,
    error: 'read file "conn.log": line 118 has 4 fields, 21 are wanted',
  },
  {
    id: 'job-0001',
    kind: 'sql.vacuum',
    title: 'Vacuum the database',
    state: 'done',
    attempts: 1,
    attemptsMax: 5,
    progress: 1,
    created: Date.now() - 9 * HOUR,
    started: Date.now() - 9 * HOUR,
    ended: Date.now() - 9 * HOUR + 1_900,
    error: null,
  },
];
