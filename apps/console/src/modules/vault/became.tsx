/** What became of records that somebody asked to be erased, in the server's own words. */
import type { ReactNode } from 'react';
import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { ErasureAnswer } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';

const said = words.destroying;

export const Became = ({
  answer,
  onClose,
}: {
  readonly answer: ErasureAnswer;
  readonly onClose: () => void;
}): ReactNode => (
  <div className="cw-stack" role="status">
    <strong>{said.answered}</strong>
    {answer.words.map((sentence) => (
      <p key={sentence}>{sentence}</p>
    ))}
    <div className="cw-form-actions">
      {answer.destruction !== null && (
        <Button
          variant="default"
          renderRoot={(props) => (
            <Link {...props} to="/desk" search={{ tab: 'destructions', item: answer.destruction! }} onClick={onClose} />
          )}
        >
          {said.openOrdered}
        </Button>
      )}
      <Button onClick={onClose}>{words.done}</Button>
    </div>
  </div>
);
