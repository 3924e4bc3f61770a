/** What the desk asks for, as far as this person may be told. */
import { useRole } from '../../frame/session.ts';
import { useAsk } from '../../live/hooks.ts';

/** No event of the stream tells of the vault's tasks. */
const REFRESH_MS = 30_000;

export function useDesk() {
  const isOfficer = useRole('officer');
  const own = { enabled: isOfficer, refreshMs: REFRESH_MS };
  const shared = { refreshMs: REFRESH_MS };
  return {
    isOfficer,
    requests: useAsk('listOpenRequests', {}, own),
    glasses: useAsk('listGlassReviews', {}, own),
    proposals: useAsk('listLifeProposals', {}, own),
    records: useAsk('listWaitingRecords', {}, own),
    holds: useAsk('listHolds', { query: {} }, shared),
    unsealings: useAsk('listUnsealings', { query: {} }, shared),
    counts: useAsk('countDesk', {}, shared),
    exports: useAsk('listExports', {}, shared),
    destructions: useAsk('listDestructions', { query: {} }, shared),
    recipients: useAsk('listRecipientRequests', { query: {} }, shared),
    vault: useAsk('vaultStanding', {}, shared),
  };
}
export type Desk = ReturnType<typeof useDesk>;
