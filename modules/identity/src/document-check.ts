/** What a stranger checks the city's documents with; no state, no I/O. */
export { checkDocument } from './domain/document-check.ts';
export type { CheckedDocument, DocumentRefusal } from './domain/document-check.ts';
