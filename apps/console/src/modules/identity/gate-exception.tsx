/** Lets a check of the gate be, with an owner and an end; and takes that back. */
import { useState, type ReactNode } from 'react';
import { EXCEPTION_MAX_DAYS, type GateCheckName } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useAct } from '../../live/hooks.ts';
import { noOwner, OwnerAndEndFields } from '../../ui/owner-and-end.tsx';
import { ReasonForm } from '../../ui/reason-form.tsx';

const said = words.gate;
const REFRESH = ['getGate', 'listGates'] as const;

interface Props {
  readonly device: string;
  readonly check: GateCheckName;
  readonly onClose: () => void;
}

export function LetBe({ device, check, onClose }: Props): ReactNode {
  const [draft, setDraft] = useState(noOwner);
  const except = useAct('exceptGateCheck', { refresh: REFRESH, done: onClose });
  return (
    <ReasonForm
      act={said.letBe}
      wanted={said.wantedExcept}
      effect={<p>{said.letBeEffect}</p>}
      fields={<OwnerAndEndFields value={draft} daysMax={EXCEPTION_MAX_DAYS} onChange={setDraft} />}
      busy={except.isPending}
      error={except.error}
      onSubmit={(reason) =>
        except.mutate({
          params: { id: device, check },
          body: { owner: draft.owner.trim(), until: Date.parse(draft.until), reason },
        })
      }
      onCancel={onClose}
    />
  );
}

export function Withdraw({ device, check, onClose }: Props): ReactNode {
  const withdraw = useAct('withdrawGateException', { refresh: REFRESH, done: onClose });
  return (
    <ReasonForm
      act={said.withdraw}
      wanted={said.wantedWithdraw}
      effect={<p>{said.withdrawEffect}</p>}
      busy={withdraw.isPending}
      error={withdraw.error}
      onSubmit={(reason) => withdraw.mutate({ params: { id: device, check }, body: { reason } })}
      onCancel={onClose}
    />
  );
}
