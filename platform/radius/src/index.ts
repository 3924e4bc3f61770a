/** RADIUS as far as the city speaks it: packets, and ending or moving a session at a switch. */
export { createDynamicAuthorisation, UNDER_WAY_MAX } from './dynamic-authorisation.ts';
export type {
  DynamicAuthorisation,
  DynamicAuthorisationOptions,
  MoveRefusal,
  SessionAt,
  Switch,
} from './dynamic-authorisation.ts';
