/** Documents drawn as pictures of pages, each with a mark that can be seen and one that cannot. */
export { createStudio } from './studio.ts';
export type { Marks, Studio, StudioOptions } from './studio.ts';
export { searchIn } from './mark/search.ts';
export type { Found, Search } from './mark/search.ts';
export { MARK_KEY_BYTES } from './mark/pattern.ts';
export { sizeInMemory, wipe } from './prepare.ts';
export type { Prepared } from './prepare.ts';
export type { PreparedPage } from './asked.ts';
