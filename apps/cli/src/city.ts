/** Verbs that ask or steer a running city. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { Api, ImportReport, Trust } from '@cityward/contracts';
import { CommandFault, EXIT } from './exit-codes.ts';
import type { Asked, Command, Said } from './command.ts';

const ROWS_SHOWN_MAX = 40;
const SPEED_DEFAULT = '0';

/** `1 row`, `2 rows`. */
const many = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;

/** Strict UTF-8: a wrong encoding is named with its place, not read as something else. */
export function readText(path: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new CommandFault(
      EXIT.usage,
      `read "${path}": ${(error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : (error as Error).message}`,
    );
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new CommandFault(EXIT.refused, `read "${path}": it is not UTF-8; save it as UTF-8 and try again`);
  }
}

export function cityCommands(api: Api): readonly Command[] {
  return [
    importCommand(api),
    replayCommand(api),
    statusCommand(api),
    inboxCommand(api),
    linkCommand(api),
    jobsCommand(api),
  ];
}

const importCommand = (api: Api): Command => ({
  verb: 'import',
  words: ['FILE'],
  help: 'Bring an inventory in: CSV, NetBox device CSV, GeoJSON or NGSI-LD. Shows what it would change, then changes it as one undoable step.',
  flags: [
    { name: 'dry-run', help: 'only show what would change' },
    { name: 'format', value: 'FORMAT', help: 'csv, netbox-csv, geojson or ngsi-ld (guessed)' },
    { name: 'map', value: 'COLUMN=FIELD,…', help: 'which column is which field (guessed)' },
  ],
  examples: [
    'import lamps.csv --dry-run',
    'import cameras.geojson',
    'import assets.csv --map "Pole no=name,Ser=serial"',
  ],
  run: async ({ words, flag, has, client }) => {
    const [path = ''] = words;
    const query = {
      file: basename(path),
      format: flag('format') as ImportReport['format'] | undefined,
      map: flag('map'),
    };
    const preview = await client.call(api.previewImport, {
      query: {
        file: query.file,
        ...(query.format ? { format: query.format } : {}),
        ...(query.map ? { map: query.map } : {}),
      },
      body: readText(path),
    });
    const changes = preview.counts.new + preview.counts.changed > 0;
    if (has('dry-run') || !changes)
      return {
        data: preview,
        text: `${reportText(preview)}\n${has('dry-run') ? 'Dry run: nothing was changed.' : 'Nothing to change.'}`,
      };
    const done = await client.call(api.commitImport, { params: { id: preview.id } });
    return {
      data: done,
      text: `${reportText(done)}\nDone as one change, ${done.id}. It can be undone in the console.`,
    };
  },
});

function reportText(report: ImportReport): string {
  const { counts } = report;
  const columns = report.columns.map((one) => `  ${one.column} → ${one.field ?? '(left out)'}   e.g. ${one.sample}`);
  const rows = report.rows.slice(0, ROWS_SHOWN_MAX).map((row) => {
    const changes = row.changes.map((one) => `${one.field}: "${one.was}" → "${one.becomes}"`).join('; ');
    return `  line ${row.line}: ${row.verdict} ${row.name}${row.reason ? `: ${row.reason}` : ''}${changes ? ` (${changes})` : ''}`;
  });
  const more =
    report.rows.length > ROWS_SHOWN_MAX
      ? [`  … and ${report.rows.length - ROWS_SHOWN_MAX} more; --json shows them`]
      : [];
  const total = `${many(counts.rows, 'row')}: ${counts.new} new, ${counts.changed} changed, ${counts.same} same, ${counts.conflict} in conflict, ${counts.rejected} rejected`;
  return [`${report.file} (${report.format})`, ...columns, total, ...rows, ...more].join('\n');
}

const replayCommand = (api: Api): Command => ({
  verb: 'replay',
  words: ['FILE'],
  help: 'Play a recorded Zeek connection log into the city, marked as replay.',
  flags: [
    { name: 'speed', value: 'N', help: 'times real time; 0 is as fast as it goes (0)' },
    { name: 'learn', help: 'only teach: raise no findings' },
  ],
  examples: ['replay conn.log', 'replay conn.log --speed 60'],
  run: async ({ words, flag, has, client }) => {
    const speed = Number(flag('speed') ?? SPEED_DEFAULT);
    if (!Number.isFinite(speed) || speed < 0)
      throw new CommandFault(EXIT.usage, `replay at speed "${flag('speed')}": a number from 0 is wanted`);
    const [path = ''] = words;
    const answer = await client.call(api.replay, {
      query: { file: basename(path), speed, learn: has('learn') },
      body: readText(path),
    });
    const rejected = answer.rejected.slice(0, ROWS_SHOWN_MAX).map((one) => `  line ${one.line}: ${one.reason}`);
    return {
      data: answer,
      text: [
        `${answer.accepted} flows taken as ${answer.id}, ${answer.rejected.length} lines rejected`,
        ...rejected,
      ].join('\n'),
    };
  },
});

const statusCommand = (api: Api): Command => ({
  verb: 'status',
  words: [],
  help: 'How the city is.',
  flags: [],
  examples: ['status', 'status --json'],
  run: async ({ client }) => {
    const [city, health, evidence] = await Promise.all([
      client.call(api.cityNow, {}),
      client.call(api.health, {}),
      client.call(api.evidenceStatus, {}),
    ]);
    const states = Object.entries(city.states).map(([state, count]) => `${count} ${state}`);
    const text = [
      `${city.name}: ${many(city.devices, 'device')}; ${states.join(', ')}`,
      `${many(city.openSituations, 'open situation')}, ${many(city.openIncidents, 'open incident')}; ${Math.round(city.observationsPerSecond)} observations a second`,
      `Health: ${health.status}. ${health.promise}`,
      ...[...health.notes, ...health.reminders].map((note) => `  - ${note}`),
      `Evidence: ${evidence.size} entries, root ${evidence.root}`,
    ];
    return { data: { city, health, evidence }, text: text.join('\n') };
  },
});

/** The level, then each part; an unknown one says what is missing. */
export const trustLines = ({ level, reason, components }: Trust): string[] => [
  `Trust: ${level === 'unknown' ? 'not known' : `${level}: ${reason}`}`,
  ...components.map(
    ({ kind, value, reason: why }) => `  ${kind.padEnd(12)}${String(value ?? '?').padStart(4)}  ${why}`,
  ),
];

const inboxCommand = (api: Api): Command => ({
  verb: 'inbox',
  words: [],
  help: 'Open situations, worst first.',
  flags: [],
  examples: ['inbox', 'inbox --json'],
  run: async ({ client }) => {
    const { situations } = await client.call(api.listSituations, { query: { state: 'open' } });
    const lines = situations.map(
      (one) =>
        `${one.severity.padEnd(8)} ${one.title}\n         ${one.cause}. ${many(one.findings, 'finding')}, ${one.id}`,
    );
    if (lines.length > 0) return { data: situations, text: lines.join('\n') };
    const { openIncidents } = await client.call(api.cityNow, {});
    const inHand = openIncidents === 0 ? '' : ` ${many(openIncidents, 'incident')} in hand; the console shows them.`;
    return { data: situations, text: `Nothing waits for you.${inHand}` };
  },
});

const linkCommand = (api: Api): Command => ({
  verb: 'person link',
  words: ['PERSON?'],
  help: 'A new one-time sign-in link for a person, by id or name; without one, for the first. Valid for ten minutes, once.',
  flags: [],
  examples: ['person link', 'person link "First operator"'],
  run: async ({ words, client }: Asked): Promise<Said> => {
    const answer = await client.call(api.reissueLink, { body: words[0] ? { person: words[0] } : {} });
    return { data: answer, text: answer.link };
  },
});

const jobsCommand = (api: Api): Command => ({
  verb: 'jobs',
  words: [],
  help: 'Background jobs, newest first.',
  flags: [],
  examples: ['jobs'],
  run: async ({ client }) => {
    const { jobs } = await client.call(api.listJobs, {});
    return {
      data: jobs,
      text:
        jobs.map((job) => `${job.state.padEnd(8)} ${job.title}${job.error ? `: ${job.error}` : ''}`).join('\n') ||
        'No jobs yet.',
    };
  },
});
