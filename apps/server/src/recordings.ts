/** Reads what others recorded: Zeek connection logs, as tabs or as JSON lines. */
import type { City } from '@cityward/city';
import { parseZeekLog, zeekFlow } from '@cityward/formats/zeek';
import type { Flow } from '@cityward/contracts';
import type { ReadRecording } from './replay.ts';

/** Addresses that a device of the city has become that device; all others stay addresses. */
export const readRecording =
  (city: City): ReadRecording =>
  (text) => {
    const { rows, rejected } = parseZeekLog(text);
    const flows: Flow[] = [];
    const faults = rejected.map(({ line, fault }) => ({ line, reason: fault }));
    for (const row of rows) {
      const read = zeekFlow(row, { deviceAt: (address) => city.deviceByIp(address) });
      if ('flow' in read) flows.push(read.flow);
      else faults.push({ line: row.line, reason: 'fault' in read ? read.fault : read.skipped });
    }
    return { flows, rejected: faults.sort((a, b) => a.line - b.line) };
  };
