/** An act that asks for little: its effect in words, its fields, one button; and an answer that is shown once. */
import type { ReactNode } from 'react';
import { Button } from '@mantine/core';
import { words } from '../words/en-GB.ts';
import { Copyable } from './copy.tsx';
import { ProblemNote } from './problem-note.tsx';

interface ShownProps {
  readonly lead: string;
  readonly values: readonly { readonly label: string; readonly value: string }[];
  readonly onClose: () => void;
}
/** What is shown this once, to be copied. */
export const ShownOnce = ({ lead, values, onClose }: ShownProps): ReactNode => (
  <div className="cw-stack" role="status">
    <p>{lead}</p>
    {values.map(({ label, value }) => (
      <div key={label}>
        <p className="cw-muted cw-small">{label}</p>
        <div className="cw-link-box">
          <Copyable value={value} label={label} />
        </div>
      </div>
    ))}
    <div className="cw-form-actions">
      <Button onClick={onClose}>{words.done}</Button>
    </div>
  </div>
);

export interface ActFormProps {
  readonly effect: string;
  readonly yes: string;
  readonly wanted: string;
  readonly act: { readonly isPending: boolean; readonly error: Error | null };
  readonly onSubmit: () => void;
  readonly onClose: () => void;
  readonly disabled?: boolean;
  readonly children?: ReactNode;
}
/** Says what an act does, asks what it needs, and does it. */
export const ActForm = ({
  effect,
  yes,
  wanted,
  act,
  onSubmit,
  onClose,
  disabled,
  children,
}: ActFormProps): ReactNode => (
  <form
    className="cw-stack"
    onSubmit={(event) => {
      event.preventDefault();
      if (disabled !== true) onSubmit();
    }}
  >
    <p>{effect}</p>
    {children}
    {act.error && <ProblemNote error={act.error} wanted={wanted} />}
    <div className="cw-form-actions">
      <Button variant="default" onClick={onClose}>
        {words.cancel}
      </Button>
      <Button type="submit" loading={act.isPending} disabled={disabled ?? false}>
        {yes}
      </Button>
    </div>
  </form>
);
