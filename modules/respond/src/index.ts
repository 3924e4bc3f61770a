/** Where did it start, how far has it gone, what do we press, what breaks if we do? */
export { createRespond } from './service.ts';
export type { Respond, RespondOptions } from './service.ts';
export type {
  CityNeeds,
  FedDataset,
  FindingNeeds,
  IdentityNeeds,
  LedgerNeeds,
  RespondDevice,
  SwitchNeeds,
} from './needs.ts';
export { backwardClosure } from './domain/backward.ts';
export { minimumVertexCut } from './domain/cut.ts';
export type { CutProblem } from './domain/cut.ts';
export type { ContactView } from './domain/contact-log.ts';
