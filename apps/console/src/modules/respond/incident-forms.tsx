/** Closes an incident with a reason; writes a note into its timeline. */
import { useState, type ReactNode } from 'react';
import { Button, Textarea } from '@mantine/core';
import type { Incident } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useAct } from '../../live/hooks.ts';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { ReasonForm } from '../../ui/reason-form.tsx';
import { holding } from './incident-room.tsx';

const NOTE_MAX = 2_000;

export function CloseForm({
  incident,
  onClose,
}: {
  readonly incident: Incident;
  readonly onClose: () => void;
}): ReactNode {
  const close = useAct('closeIncident', {
    refresh: ['getIncident', 'listIncidents', 'listSituations', 'cityNow'],
    done: onClose,
  });
  return (
    <ReasonForm
      act={words.incident.close}
      wanted={words.wanted.closeIncident}
      effect={<p>{holding(incident) ? words.incident.closeHolding : words.incident.closeEffect}</p>}
      suggestions={words.incident.closeReasons}
      busy={close.isPending}
      error={close.error}
      onSubmit={(reason) => close.mutate({ params: { id: incident.id }, body: { reason } })}
      onCancel={onClose}
    />
  );
}

export function NoteForm({ id }: { readonly id: string }): ReactNode {
  const [text, setText] = useState('');
  const note = useAct('noteIncident', { refresh: ['getIncident'], done: () => setText('') });
  const ready = text.trim() !== '';
  return (
    <form
      className="cw-stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) note.mutate({ params: { id }, body: { text: text.trim() } });
      }}
    >
      <Textarea
        label={words.note.label}
        placeholder={words.note.placeholder}
        value={text}
        maxLength={NOTE_MAX}
        autosize
        minRows={2}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      {note.error && <ProblemNote error={note.error} wanted={words.wanted.note} />}
      <div>
        <Button type="submit" variant="default" disabled={!ready} loading={note.isPending}>
          {words.note.act}
        </Button>
      </div>
    </form>
  );
}
