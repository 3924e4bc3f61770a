/** Judges the subscriptions of a live connection anew, when what is known of its client has changed. */
import type { Client } from 'aedes';
import { tell, type Inner, type Link } from './inner.ts';

/**
 * Closes every subscription that the hook allows no longer; the client is not told, MQTT 3.1.1 has no word for it. Where one that
 * was closed is allowed again the connection ends, so that the client subscribes anew when it comes back. Publishes need
 * nothing: the hook is asked for each of them.
 */
export function reauthorise(inner: Inner, clientId: string): readonly string[] {
  const link = inner.ready.get(clientId);
  if (!link?.client) return [];
  if (link.closed.some((filter) => inner.hooks.subscribe(clientId, filter).ok)) {
    link.conn.destroy();
    return [];
  }
  const refused = link.client.filters().filter((filter) => isRefused(inner, clientId, filter));
  if (refused.length === 0) return [];
  close(inner, link, refused);
  return refused;
}

function isRefused(inner: Inner, clientId: string, filter: string): boolean {
  const decided = inner.hooks.subscribe(clientId, filter);
  if (decided.ok) return false;
  inner.counts.refusedSubscriptions++;
  tell(inner, { what: 'subscribe', clientId, reason: decided.error.message, code: null });
  return true;
}

function close(inner: Inner, link: Link, filters: readonly string[]): void {
  link.closed = [...link.closed, ...filters];
  link.client!.unsubscribe(filters, (fault) => {
    if (!fault) return;
    // What cannot be closed alone is closed with all else.
    inner.log.warn('mqtt subscription could not be closed', { client: link.clientId, reason: fault.message });
    link.conn.destroy();
  });
}

/** aedes lets go of a subscription a turn later than it is told to: what is on its way then stops here. */
export function mayStillHear(inner: Inner, client: Client, topic: string): boolean {
  const link = inner.links.get(client.conn);
  return !link || link.closed.length === 0 || inner.hooks.subscribe(client.id, topic).ok;
}
