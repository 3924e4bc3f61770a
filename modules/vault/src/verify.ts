/** What a stranger checks the vault's documents with: no state, no I/O, keys always from outside. */
export { verifyDestruction } from './verify-destruction.ts';
export type { DestructionFiles, VerifiedDestruction } from './verify-destruction.ts';
export { verifyRequest } from './verify-request.ts';
export { answerBytes, requestHash } from './domain/recipient.ts';
export { destructionBytes, destructionInWords, signedBytes } from './domain/destruction.ts';
export { verifyReceipt } from './verify-receipt.ts';
export type { ReceiptFiles, VerifiedReceipt } from './verify-receipt.ts';
export { receiptBytes, receiptInWords, receiptSignedBytes } from './domain/receipt.ts';
