/** For the tests of others: a bundle of one's own, and the comparison with Cedar. */
export { writeManifest } from './bundle-files.ts';
export { compareWithCedar } from './oracle/compare.ts';
export { BUNDLE_FOLDER, createPolicy } from './service.ts';
