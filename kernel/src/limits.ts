/** Limits that more than one module must agree on; a limit of one module is a named constant in that module. */
export const HTTP_BODY_MAX_BYTES = 1_048_576;
export const IMPORT_BODY_MAX_BYTES = 64 * 1_048_576;
export const OBSERVATION_MAX_BYTES = 16_384;
export const OBSERVATIONS_PER_BATCH_MAX = 1_000;
export const PAGE_ROWS_MAX = 1_000;
export const DEVICES_MAX = 1_000_000;
