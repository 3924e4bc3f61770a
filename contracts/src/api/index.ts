/** Every HTTP route of the console's origin, by name. */
import { session } from './session.ts';
import { access } from './access.ts';
import { services } from './services.ts';
import { city } from './city.ts';
import { watch } from './watch.ts';
import { respond } from './respond.ts';
import { evidence } from './evidence.ts';
import { system } from './system.ts';
import { changes } from './changes.ts';
import { baseline } from './baseline.ts';
import { enrolment } from './enrolment.ts';
import { fleetTrust } from './fleet-trust.ts';
import { trust } from './trust.ts';
import { networks } from './networks.ts';
import { networkAccess } from './network-access.ts';
import { gate } from './gate.ts';
import { leaving } from './leaving.ts';
import { posts } from './posts.ts';
import { vault } from './vault.ts';
import { vaultExposure } from './vault-exposure.ts';
import { vaultTakeout } from './vault-takeout.ts';
import { vaultBackup } from './vault-backup.ts';
import { vaultLooks } from './vault-looks.ts';
import { vaultLives } from './vault-lives.ts';
import { vaultLease } from './vault-lease.ts';
import { vaultGrants } from './vault-grants.ts';
import { vaultReceipts } from './vault-receipts.ts';
import { vaultExports } from './vault-exports.ts';
import { vaultDesk } from './vault-desk.ts';
import { vaultGlass } from './vault-glass.ts';
import { vaultRequests } from './vault-requests.ts';
import { vaultPictures } from './vault-pictures.ts';
import { vaultAsking } from './vault-asking.ts';
import { vaultLife } from './vault-life.ts';
import { vaultUnsealing } from './vault-unsealing.ts';
import { vaultRecipients } from './vault-recipients.ts';
import { vaultArchive } from './vault-archive.ts';
import { vaultBlind } from './vault-blind.ts';

export const api = {
  ...session,
  ...access,
  ...services,
  ...city,
  ...watch,
  ...respond,
  ...evidence,
  ...system,
  ...enrolment,
  ...trust,
  ...networks,
  ...networkAccess,
  ...fleetTrust,
  ...changes,
  ...gate,
  ...leaving,
  ...baseline,
  ...posts,
  ...vault,
  ...vaultBackup,
  ...vaultLooks,
  ...vaultTakeout,
  ...vaultExposure,
  ...vaultLives,
  ...vaultLease,
  ...vaultGrants,
  ...vaultReceipts,
  ...vaultExports,
  ...vaultDesk,
  ...vaultGlass,
  ...vaultRequests,
  ...vaultPictures,
  ...vaultAsking,
  ...vaultLife,
  ...vaultUnsealing,
  ...vaultRecipients,
  ...vaultArchive,
  ...vaultBlind,
} as const;
export type Api = typeof api;
export type * from './session.ts';
export type * from './access.ts';
export type * from './services.ts';
export type * from './city.ts';
export type * from './watch.ts';
export type * from './respond.ts';
export type * from './evidence.ts';
export type * from './system.ts';
export type * from './changes.ts';
export type * from './baseline.ts';
export type * from './enrolment.ts';
export type * from './networks.ts';
export type * from './network-access.ts';
export type * from './fleet-trust.ts';
export type * from './trust.ts';
export type * from './gate.ts';
export type * from './leaving.ts';
export type * from './posts.ts';
export type * from './vault.ts';
export * from './vault-copies.ts';
export type * from './vault-backup.ts';
export { ERASE_ALL_WORDS } from './vault-backup.ts';
export type * from './vault-looks.ts';
export type * from './vault-exposure.ts';
export type * from './vault-lives.ts';
export type * from './vault-lease.ts';
export type * from './vault-pictures.ts';
export { PICTURE_PAGES_MAX, TRACED_MAX_BYTES } from './vault-pictures.ts';
export { PIECE_BYTES, PROOF_MAX_CHARS, VIEW_LEASE_MS } from './vault-lease.ts';
export { PROFESSIONALS_MAX } from './session.ts';
export type * from './vault-grants.ts';
export type * from './vault-exports.ts';
export type * from './vault-glass.ts';
export type * from './vault-requests.ts';
export type * from './vault-asking.ts';
export {
  ACCESS_REQUEST_DAYS_MAX,
  ACCESS_REQUEST_SCOPE_MAX,
  ACCESS_REQUESTS_OPEN_MAX,
  ACCESS_REQUESTS_SHOWN_MAX,
} from './vault-asking.ts';
export type * from './vault-receipts.ts';
export { FHIR_CONSENT_MAX_CHARS } from './vault-receipts.ts';
export * from './vault-life.ts';
export * from './vault-unsealing.ts';
export * from './vault-desk.ts';
export * from './vault-recipients.ts';
export * from './vault-archive.ts';
export type * from './vault-blind.ts';
export {
  BLIND_ASKS_SHOWN_MAX,
  BLIND_CHOICE_FORMAT,
  BLIND_HOLDERS_MAX,
  BLIND_HOLDERS_MIN,
  BLIND_NEW_KEY_FORMAT,
  BLIND_PASSKEYS_MAX,
  BLIND_PRICE,
  BLIND_RENEWED_MAX,
  BLIND_SEALS_MAX,
  BlindChoiceText,
  BlindNewKeyText,
} from './vault-blind.ts';
export { REPLACEMENT_STATES, WIPED } from './leaving.ts';
export { CHECK_STATES, EXCEPTION_MAX_DAYS, GATE_STATES } from './gate.ts';
export {
  BASELINE_EXCEPTION_MAX_DAYS,
  EXCEPTION_SCOPES,
  OUTCOME_STATES,
  ROTATED,
  ROTATION_PAGE_MAX,
  TIER_STATES,
} from './baseline.ts';
export { ACCESS_DEVICES_MAX, ACCESS_LENGTH_MAX_HOURS, ACCESS_SITES_MAX, VISITED_DEVICES_MAX } from './access.ts';
export { EVIDENCE_BATCH_MAX } from './evidence.ts';
export { TRUST_REASON_MAX_CHARS } from './trust.ts';
export { COA_PORT, MOVES_SHOWN_MAX, PORTS_SHOWN_MAX, SWITCHES_MAX, VLAN_CLASSES } from './network-access.ts';
export { SPOKEN_DEVICES_MAX, SPOKEN_SITES_MAX } from './networks.ts';
export {
  ATTEMPT_OUTCOMES,
  CHANGE_DEVICES_PAGE_MAX,
  CHANGE_DEVICE_STATES,
  CHANGE_STATES,
  DESIRED_SCOPES,
  DOCUMENT_MAX_BYTES,
  SELECTED_DEVICES_MAX,
} from './changes.ts';
export { POSTS_PER_PERSON_MAX, POSTS_SHOWN_MAX } from './posts.ts';
export { GRANTED_RECORDS_MAX, PREVIEW_ABOUT } from './vault-grants.ts';
export {
  CONSENT_DEPTH_MAX,
  CONSENT_SCOPE_MAX,
  CONSENT_USES_MAX,
  ConsentDraft,
  HOLDINGS_SHOWN_MAX,
  BULK_RECORDS_MAX,
  RECORD_MAX_BYTES,
  RECORD_VERSIONS_MAX,
} from './vault.ts';
export {
  CATEGORIES_OF_WISHES_MAX,
  LIFE_PHASES,
  NOTICE_KINDS,
  NOTICES_SHOWN_MAX,
  OFFICES,
  PROPOSALS_SHOWN_MAX,
  REPRESENTATIVES_MAX,
  STANDING_ENDS,
} from './vault-lives.ts';
export {
  EXPORT_BUDGETS_MAX,
  EXPORT_COLUMNS_MAX,
  EXPORT_K_MAX,
  EXPORTS_SHOWN_MAX,
  FOUND_ROWS_MAX,
} from './vault-exports.ts';
export { CARE_LENGTH_MAX_DAYS, GLASS_FLAGS, GLASS_OUTCOMES, GLASS_REASONS, GLASSES_SHOWN_MAX } from './vault-glass.ts';
export { REGIMES, REQUEST_KINDS, REQUEST_OUTCOMES, REQUEST_STATES, REQUESTS_SHOWN_MAX } from './vault-requests.ts';
export { PUBLIC_KEY_MAX_CHARS, SERVICES_MAX } from './services.ts';
export { LOOK_ENTRIES_SHOWN_MAX, LOOKS_PAGE_MAX, LOOKS_WEEK_MAX } from './vault-looks.ts';
export {
  DATASETS_PAGE_MAX,
  EXPOSED_PAGE_MAX,
  EXPOSURE_DATASETS_MAX,
  EXPOSURE_GROUPS_MAX,
  EXPOSURE_PEOPLE_MAX,
  EXPOSURE_SOURCES_MAX,
  EXPOSURE_TEXT_MAX_CHARS,
  EXPOSURES_SHOWN_MAX,
} from './vault-exposure.ts';
export { TAKEOUT_PART_MAX_BYTES } from './vault-takeout.ts';
