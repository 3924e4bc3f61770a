/** What a person takes away of a consent: its receipt. */
import { Type } from 'typebox';
import { endpoint } from '../endpoint.ts';
import { RECEIPT_EVENTS } from '../receipt.ts';
import { Closed, OneId, OneOf } from '../schema.ts';

export const vaultReceipts = {
  getReceipt: endpoint({
    name: 'getReceipt',
    method: 'GET',
    path: '/api/consents/:id/receipt',
    action: 'readHoldings',
    summary:
      "The receipt of a consent (ISO/IEC TS 27560, JSON-LD), signed by the city, with the ledger's proof: of its newest event, or of the one named",
    params: OneId,
    query: Closed({ event: Type.Optional(OneOf(RECEIPT_EVENTS)) }),
    answer: Type.Unknown(),
  }),
} as const;
