/** Stores a file of many records, some hundreds at a time; each batch whole or not at all, and where it stopped is said. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { BULK_RECORDS_MAX, type Api, type BulkRecord } from '@cityward/contracts';
import type { Client } from './client.ts';
import type { Said } from './command.ts';
import { CommandFault, EXIT } from './exit-codes.ts';

/** Of Base64 in one batch: well below what the city takes at once. */
const BATCH_CHARS = 4 * 1_048_576;
const LINE_MAX_CHARS = 12 * 1_048_576;

export async function putInBulk(api: Api, client: Client, path: string): Promise<Said> {
  let [stored, line, chars] = [0, 0, 0];
  let batch: BulkRecord[] = [];
  const send = async (): Promise<void> => {
    if (batch.length === 0) return;
    try {
      await client.call(api.putRecords, { body: { records: batch } });
    } catch (fault) {
      const from = line - batch.length + 1;
      const what = fault instanceof Error ? fault.message : String(fault);
      throw new CommandFault(
        fault instanceof CommandFault ? fault.exit : EXIT.refused,
        `store "${path}": lines ${from} to ${line} were not stored, ${stored} before them are: ${what}`,
      );
    }
    stored += batch.length;
    [batch, chars] = [[], 0];
  };
  for await (const text of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    const record = recordIn(text, line + 1);
    if (batch.length === BULK_RECORDS_MAX || (batch.length > 0 && chars + text.length > BATCH_CHARS)) await send();
    line++;
    batch.push(record);
    chars += text.length;
  }
  await send();
  return { data: { stored }, text: `${stored} records stored` };
}

function recordIn(text: string, line: number): BulkRecord {
  const wanted = `read line ${line}: wanted one JSON object with subject, category, media and content`;
  if (text.length > LINE_MAX_CHARS)
    throw new CommandFault(EXIT.usage, `${wanted}, of at most ${LINE_MAX_CHARS} characters`);
  try {
    const { subject, category, media, content } = JSON.parse(text) as BulkRecord;
    return { subject, category, media, content };
  } catch {
    throw new CommandFault(EXIT.usage, wanted);
  }
}
