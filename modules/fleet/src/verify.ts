/** What an agent, a gateway and the command line check jobs and officers with: pure, no I/O, no trust in any server. */
export { jobBytes, jobHash, officersBytes, officersHash } from './domain/trust/bytes.ts';
export { leafTree } from './domain/trust/leaf-tree.ts';
export type { LeafTree } from './domain/trust/leaf-tree.ts';
export { verifyFirstOfficers, verifyOfficers, needsOffline } from './domain/trust/officers.ts';
export { verifyOrder } from './domain/trust/order.ts';
export type { Against, Verified } from './domain/trust/order.ts';
export { checkJob, checkSignature, officersNeeded } from './domain/trust/signatures.ts';
export type { TrustCode, TrustRefusal } from './domain/trust/refusals.ts';
export { plainText } from './domain/trust/refusals.ts';
export { compareVersions } from './domain/trust/versions.ts';
export { isArtifact, NOTHING_SEEN, targetOf, verifyRepository } from './domain/tuf/verify.ts';
export type { Fetched, Repository, SeenVersions } from './domain/tuf/verify.ts';
export { jobInWords, officersInWords } from './domain/trust/words.ts';
export { metadataInWords } from './domain/tuf/words.ts';
export { keyIdOf, metadataBytes, Root, Targets, tufKeyOf } from './domain/tuf/metadata.ts';
export { checkRootKeys } from './domain/tuf/verify.ts';
export { checkOfficers } from './domain/trust/officers.ts';
