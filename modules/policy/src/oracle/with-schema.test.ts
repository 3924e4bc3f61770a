/** Agreement with Cedar where requests are validated by a schema. */
import { test } from 'vitest';
import { expectAgreement, ORACLE_MS_MAX } from './testing.ts';

test('agrees with Cedar with schemas and request validation', () => expectAgreement(true), ORACLE_MS_MAX);
