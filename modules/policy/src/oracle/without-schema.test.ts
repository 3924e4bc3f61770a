/** Agreement with Cedar where no schema keeps types right. */
import { test } from 'vitest';
import { expectAgreement, ORACLE_MS_MAX } from './testing.ts';

test('agrees with Cedar without schemas, with type errors', () => expectAgreement(false), ORACLE_MS_MAX);
