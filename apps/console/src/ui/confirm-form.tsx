/** Says what an act does before it is done; the button names the act, and the focus is on the way back. */
import type { ReactNode } from 'react';
import { Button } from '@mantine/core';
import { words } from '../words/en-GB.ts';
import { ProblemNote } from './problem-note.tsx';

interface Props {
  /** `Disconnect my city account` */
  readonly act: string;
  readonly wanted: string;
  /** What it does, and how to take it back or that this cannot be done. */
  readonly effect: string;
  readonly busy: boolean;
  readonly error: Error | null;
  readonly onConfirm: () => void;
  readonly onCancel: () => void;
}

export const ConfirmForm = ({ act, wanted, effect, busy, error, onConfirm, onCancel }: Props): ReactNode => (
  <div className="cw-stack">
    <p>{effect}</p>
    {error && <ProblemNote error={error} wanted={wanted} />}
    <div className="cw-form-actions">
      <Button variant="default" onClick={onCancel} data-autofocus>
        {words.cancel}
      </Button>
      <Button color="danger" loading={busy} onClick={onConfirm}>
        {act}
      </Button>
    </div>
  </div>
);
