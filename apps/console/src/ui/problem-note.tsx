/** A failure in words: what failed, why, what to do, and the id for the log. */
import type { ReactNode } from 'react';
import { Button } from '@mantine/core';
import { words } from '../words/en-GB.ts';
import { ApiProblem, remedyOf } from '../live/problem.ts';
import { IconAlertTriangle, IconRefresh } from './icons.ts';

interface Props {
  readonly error: Error;
  /** What was wanted, as an object of "could not": `load the fleet`. */
  readonly wanted: string;
  readonly retry?: () => void;
}

const sentence = (text: string): string => {
  const trimmed = text.trim();
  const first = trimmed.charAt(0).toUpperCase() + trimmed.slice(1);
  return /[.?]$/.test(first) ? first : `${first}.`;
};

export function ProblemNote({ error, wanted, retry }: Props): ReactNode {
  const problem = error instanceof ApiProblem ? error : null;
  const inWords = problem && words.refusals[problem.code];
  return (
    <div className="cw-problem" role="alert">
      <IconAlertTriangle size={20} stroke={1.8} aria-hidden />
      <div className="cw-problem-text">
        <strong>{words.problem.couldNot(wanted)}</strong>
        <p>{inWords ?? sentence(error.message)}</p>
        {problem && problem.details.length > 0 && (
          <ul>
            {problem.details.map((detail) => (
              <li key={detail}>{detail}</li>
            ))}
          </ul>
        )}
        {!inWords && <p>{words.problem.remedy[remedyOf(problem?.status ?? 500)]}</p>}
        {problem && (
          <p className="cw-muted cw-small">
            {words.problem.code} <code>{problem.code}</code>
            {problem.id !== '' && (
              <>
                {' · '}
                {words.problem.id} <code>{problem.id}</code>
              </>
            )}
          </p>
        )}
        {retry && (
          <Button
            variant="default"
            size="xs"
            mt={8}
            leftSection={<IconRefresh size={14} aria-hidden />}
            onClick={retry}
          >
            {words.problem.retry}
          </Button>
        )}
      </div>
    </div>
  );
}
