/** Every string of the console in British English. A second language is a second file of the same shape. */
import { access } from './en-GB/access.ts';
import { basics } from './en-GB/basics.ts';
import { baseline } from './en-GB/baseline.ts';
import { changes } from './en-GB/changes.ts';
import { city } from './en-GB/city.ts';
import { desk } from './en-GB/desk.ts';
import { deskActs } from './en-GB/desk-acts.ts';
import { deskExport } from './en-GB/desk-export.ts';
import { deskForms } from './en-GB/desk-forms.ts';
import { deskViews } from './en-GB/desk-views.ts';
import { enrol } from './en-GB/enrol.ts';
import { frame } from './en-GB/frame.ts';
import { networks } from './en-GB/networks.ts';
import { rotation } from './en-GB/rotation.ts';
import { services } from './en-GB/services.ts';
import { gate } from './en-GB/gate.ts';
import { importWords } from './en-GB/import.ts';
import { classes, criticalities, edges, facts, nodes, roles, states, trustKinds, trustLevels } from './en-GB/nouns.ts';
import { people } from './en-GB/people.ts';
import { respond } from './en-GB/respond.ts';

export const words = {
  ...basics,
  ...frame,
  ...city,
  ...importWords,
  ...people,
  ...access,
  ...changes,
  ...baseline,
  ...enrol,
  ...gate,
  ...networks,
  ...rotation,
  ...services,
  ...respond,
  desk,
  ...deskActs,
  ...deskViews,
  ...deskForms,
  ...deskExport,
  states,
  classes,
  criticalities,
  trustLevels,
  trustKinds,
  roles,
  edges,
  nodes,
  facts,
} as const;
export type Words = typeof words;
