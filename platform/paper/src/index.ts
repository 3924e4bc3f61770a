/** Documents for people as PDF. */
export { createPaper, when } from './paper.ts';
export type { Paper, PaperFile, PaperOptions } from './paper.ts';
export { shown, UNSHOWN } from './letters.ts';
