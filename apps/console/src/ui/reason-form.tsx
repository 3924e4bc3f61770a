/** Asks why before something that is hard to take back; the button names the act and its object. */
import { useId, useState, type ReactNode } from 'react';
import { Button, Textarea } from '@mantine/core';
import { words } from '../words/en-GB.ts';
import { REASON_MAX, REASON_MIN } from './reason.ts';
import { ProblemNote } from './problem-note.tsx';

interface Props {
  /** `Dismiss situation` */
  readonly act: string;
  readonly wanted: string;
  /** What it does, and how to take it back or that this cannot be done. */
  readonly effect: ReactNode;
  readonly danger?: boolean;
  readonly busy: boolean;
  readonly error: Error | null;
  readonly suggestions?: readonly string[];
  /** What else is asked, before the reason. */
  readonly fields?: ReactNode;
  readonly onSubmit: (reason: string) => void;
  readonly onCancel?: () => void;
}

const Suggestions = (props: { readonly all: readonly string[]; readonly pick: (text: string) => void }): ReactNode => (
  <div className="cw-suggestions" role="group" aria-label={words.reason.suggestions}>
    {props.all.map((text) => (
      <button key={text} type="button" className="cw-chip" onClick={() => props.pick(text)}>
        {text}
      </button>
    ))}
  </div>
);

export function ReasonForm(props: Props): ReactNode {
  const [reason, setReason] = useState('');
  const [asked, setAsked] = useState(false);
  const effectId = useId();
  const short = reason.trim().length < REASON_MIN;
  const submit = (): void => {
    setAsked(true);
    if (!short) props.onSubmit(reason.trim());
  };
  return (
    <form
      className="cw-stack"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <div id={effectId}>{props.effect}</div>
      {props.fields}
      <Textarea
        label={words.reason.label}
        description={words.reason.description}
        value={reason}
        maxLength={REASON_MAX}
        autosize
        minRows={2}
        data-autofocus={props.fields === undefined || undefined}
        aria-describedby={effectId}
        error={asked && short ? words.reason.tooShort(REASON_MIN) : null}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      {props.suggestions && <Suggestions all={props.suggestions} pick={setReason} />}
      {props.error && <ProblemNote error={props.error} wanted={props.wanted} />}
      <div className="cw-form-actions">
        {props.onCancel && (
          <Button variant="default" onClick={props.onCancel}>
            {words.cancel}
          </Button>
        )}
        <Button type="submit" color={props.danger === true ? 'danger' : 'city'} loading={props.busy}>
          {props.act}
        </Button>
      </div>
    </form>
  );
}
