/** Where the session tickets of each listener are kept between two runs: a slot file of its own, below the keys. */
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readSlot, writeSlot } from '@cityward/identity/slot-file';
import type { Log } from '@cityward/log';
import { createTickets, type Tickets, type TicketShelf } from '@cityward/tls';

export type TicketedListener = 'est' | 'ingest' | 'mqtt' | 'services' | 'syslog';

export function ticketShelf(path: string): TicketShelf {
  return {
    read: () =>
      readSlot(path).catch((fault: NodeJS.ErrnoException) => {
        if (fault.code === 'ENOENT') return null;
        throw fault;
      }),
    write: async (text) => {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await writeSlot(path, text);
    },
  };
}

/** One for each listener: a ticket of one says nothing to another. */
export const ticketsOf = (dataFolder: string, log: Log, listener: TicketedListener): Tickets =>
  createTickets({ shelf: ticketShelf(join(dataFolder, 'keys', 'tls', `${listener}.tickets`)), log });
