/** TLS sessions of a listener that outlive a restart of the server. */
export { createTickets, SESSION_LIFE_SECONDS } from './tickets.ts';
export type { Tickets, TicketParts, TicketShelf } from './tickets.ts';
