/** Hands in what a recipient signed; it counts by its signature. */
import { useRef, useState, type ReactNode } from 'react';
import { Button, FileButton } from '@mantine/core';
import { RECIPIENT_ANSWER_MAX_BYTES, type RecipientRequestShown, type SignedReceipt } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useAct } from '../../live/hooks.ts';
import { ActForm } from '../../ui/act-form.tsx';
import { IconFileImport } from '../../ui/icons.ts';

const said = words.keeping;

/** The rest of its shape, and its signature, the server looks at. */
function receiptIn(text: string): SignedReceipt | null {
  try {
    const { receipt, signature } = JSON.parse(text) as SignedReceipt;
    return (receipt.did === 'deleted' || receipt.did === 'kept') && typeof signature === 'string'
      ? { receipt, signature }
      : null;
  } catch {
    return null;
  }
}

interface Props {
  readonly one: RecipientRequestShown;
  readonly onClose: () => void;
}
export function ReceiptForm({ one, onClose }: Props): ReactNode {
  const [receipt, setReceipt] = useState<SignedReceipt | null>(null);
  const [isWrong, setWrong] = useState(false);
  const reset = useRef<() => void>(null);
  const act = useAct('takeReceipt', {
    refresh: ['listRecipientRequests', 'listRecipients', 'listDestructions', 'countDesk'],
    done: onClose,
  });
  const take = async (file: File | null): Promise<void> => {
    reset.current?.();
    if (!file) return;
    const found = receiptIn(await file.slice(0, RECIPIENT_ANSWER_MAX_BYTES + 1).text());
    setReceipt(found);
    setWrong(found === null);
  };
  const say = { effect: said.receiptEffect, yes: said.receiptYes, wanted: said.wantedReceipt };
  return (
    <ActForm
      {...say}
      act={act}
      disabled={receipt === null}
      onSubmit={() => receipt && act.mutate({ params: { id: one.id }, body: receipt })}
      onClose={onClose}
    >
      <div>
        <FileButton accept=".json,application/json" resetRef={reset} onChange={(file) => void take(file)}>
          {(props) => (
            <Button {...props} variant="default" leftSection={<IconFileImport size={16} aria-hidden />}>
              {said.receiptFile}
            </Button>
          )}
        </FileButton>
      </div>
      {isWrong && (
        <p role="alert" className="cw-fault">
          {said.receiptWrong}
        </p>
      )}
      {receipt && (
        <p role="status">
          <strong>{said.receiptOf(said.did[receipt.receipt.did], one.recipient)}</strong>
          {receipt.receipt.because !== null && <span className="cw-block">{receipt.receipt.because}</span>}
        </p>
      )}
    </ActForm>
  );
}
