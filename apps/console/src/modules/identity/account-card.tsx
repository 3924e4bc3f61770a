/** Connects my account at the city's sign-in provider, or takes it off again. */
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { Button, Modal } from '@mantine/core';
import { words } from '../../words/en-GB.ts';
import { IconBuildingCommunity } from '../../ui/icons.ts';
import { ConfirmForm } from '../../ui/confirm-form.tsx';
import { Card } from '../../ui/parts.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { spendAnswer } from './account-answer.ts';
import { useAccountPage, useConnectAccount, useDisconnectAccount } from './city-account.ts';

interface Props {
  readonly connected: boolean;
  /** The provider's host. */
  readonly provider: string;
}

export function AccountCard({ connected, provider }: Props): ReactNode {
  const page = useAccountPage('connect');
  const connect = useConnectAccount();
  const disconnect = useDisconnectAccount();
  const [answer] = useState(() => spendAnswer('connect'));
  const sent = useRef(false);
  const { mutate } = connect;
  useEffect(() => {
    if (answer === null || sent.current) return; // it works once: sent once, whatever renders again
    sent.current = true;
    mutate(answer);
  }, [answer, mutate]);
  const [leaving, setLeaving] = useState(false);
  const stay = (): void => setLeaving(false);
  const error = connect.error ?? page.error;
  return (
    <Card title={words.account.name}>
      <div className="cw-stack">
        <p className="cw-muted">{connected ? words.account.have(provider) : words.account.none(provider)}</p>
        <div>
          <Button
            variant="default"
            loading={page.isPending || page.isSuccess || connect.isPending}
            leftSection={<IconBuildingCommunity size={16} aria-hidden />}
            onClick={() => (connected ? setLeaving(true) : page.mutate())}
          >
            {connected ? words.account.disconnect : words.account.connect}
          </Button>
        </div>
        {error && <ProblemNote error={error} wanted={words.wanted.account} />}
      </div>
      <Modal
        opened={leaving}
        onClose={stay}
        title={words.account.disconnect}
        closeButtonProps={{ 'aria-label': words.close }}
      >
        <ConfirmForm
          act={words.account.disconnect}
          wanted={words.wanted.account}
          effect={words.account.disconnectEffect(provider)}
          busy={disconnect.isPending}
          error={disconnect.error}
          onConfirm={() => disconnect.mutate(undefined, { onSuccess: stay })}
          onCancel={stay}
        />
      </Modal>
    </Card>
  );
}
