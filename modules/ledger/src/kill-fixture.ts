/** A process that appends as fast as it can and tells what was acknowledged and published, until it is killed. */
import { writeSync } from 'node:fs';
import { factOf, startedCore } from './fixture.ts';

const [folder = '', round = '0'] = process.argv.slice(2);
if (folder === '') throw new Error('name a folder');
const core = await startedCore(folder, { segmentMaxBytes: 2_000_000 });
const tell = (line: object): unknown => writeSync(1, `${JSON.stringify(line)}\n`);
tell({ checkpoint: core.published.text });
core.onCheckpoint(() => tell({ checkpoint: core.published.text }));

let next = 0;
const writer = async (): Promise<void> => {
  for (;;) {
    const ids = Array.from({ length: 20 }, () => `evt-${round}-${next++}`);
    const last = await core.append(ids.map((id) => factOf(id)));
    tell({ last, acknowledged: ids });
  }
};
await Promise.all(Array.from({ length: 50 }, writer));
