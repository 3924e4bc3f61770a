/** A list as one parameter, the same on both engines: a parameter for each reaches the protocol's limit. */
import { sql } from 'kysely';

export const textArray = (texts: readonly string[]) =>
  sql<string[]>`array(select jsonb_array_elements_text(${JSON.stringify(texts)}::jsonb))`;
