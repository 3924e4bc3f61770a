/** Who signed a change and who has still to; by file for `cityward sign`, or by passkey here. */
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { Button, FileButton, Modal, Select } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import type { Change, ChangeSigned, ChangeToSign, JobSignature } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useRole } from '../../frame/session.ts';
import { client, queries } from '../../live/live.ts';
import { useAsk } from '../../live/hooks.ts';
import { Answered } from '../../ui/answered.tsx';
import { toBase64Url, toHex } from '../../ui/bytes.ts';
import { Copyable } from '../../ui/copy.tsx';
import { IconDownload, IconFingerprint, IconSignature, IconUpload } from '../../ui/icons.ts';
import { Card, Facts, RowsSkeleton } from '../../ui/parts.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { usePersonName } from '../identity/person-name.ts';
import { canUsePasskeys, inWords } from '../identity/passkey.ts';
import { actionInWords } from './change-words.ts';
import { downloadJob, hashOf, jobFileName, signatureIn, signByPasskey, type Passkey } from './sign-job.ts';

const CHANGED = ['changeToSign', 'getChange', 'listChanges'];
const keep = async (id: string, signature: JobSignature): Promise<ChangeSigned> => {
  const signed = await client.call('signChange', { params: { id }, body: signature });
  for (const stale of CHANGED) void queries.invalidateQueries({ queryKey: [stale] });
  return signed;
};

/** The job's hash as worked out here; null until it is, or where the browser has no SHA-256 (plain http). */
function useHash(toSign: ChangeToSign): Uint8Array | null {
  const [hash, setHash] = useState<Uint8Array | null>(null);
  useEffect(() => {
    let gone = false;
    if (window.isSecureContext) void hashOf(toSign.job).then((made) => !gone && setHash(made));
    return () => {
      gone = true;
    };
  }, [toSign.job]);
  return hash;
}

interface PasskeyProps {
  readonly toSign: ChangeToSign;
  readonly hash: Uint8Array;
  readonly onClose: () => void;
}
function PasskeyForm({ toSign, hash, onClose }: PasskeyProps): ReactNode {
  const here = toSign.passkeys.filter(({ origin }) => origin === window.location.origin);
  const [chosen, setChosen] = useState<string | null>(here.length === 1 ? here[0]!.key : null);
  const passkey = here.find(({ key }) => key === chosen);
  const sign = useMutation({
    mutationFn: async (by: Passkey) => {
      const signature = await signByPasskey(hash, by).catch((error: unknown) => {
        throw inWords(error);
      });
      return keep(toSign.job.id, signature);
    },
    onSuccess: onClose,
  });
  return (
    <form
      className="cw-stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (passkey) sign.mutate(passkey);
      }}
    >
      <p>
        <strong>{words.sign.signThis(toSign.job.title)}</strong>
      </p>
      <p>
        {actionInWords(toSign.job.action)}. {words.change.devices(toSign.job.devices.count)}.
      </p>
      <Facts facts={[{ term: words.sign.hash, value: <code className="cw-hash">{toHex(hash)}</code> }]} />
      {here.length === 0 ? (
        <p className="cw-error">{words.sign.noPasskey}</p>
      ) : (
        <Select
          label={words.sign.which}
          data={here.map(({ key, officer }) => ({ value: key, label: words.sign.key(officer, key) }))}
          value={chosen}
          allowDeselect={false}
          onChange={setChosen}
        />
      )}
      {sign.error && <ProblemNote error={sign.error} wanted={words.wanted.sign} />}
      <div className="cw-form-actions">
        <Button variant="default" onClick={onClose}>
          {words.cancel}
        </Button>
        <Button type="submit" loading={sign.isPending} disabled={!passkey}>
          {words.sign.passkey}
        </Button>
      </div>
    </form>
  );
}

function Upload({ id }: { readonly id: string }): ReactNode {
  const reset = useRef<() => void>(null);
  const [odd, setOdd] = useState<string | null>(null);
  const hand = useMutation({ mutationFn: (signature: JobSignature) => keep(id, signature) });
  const take = (file: File | null): void => {
    reset.current?.();
    if (!file) return;
    void file.text().then((text) => {
      const signature = signatureIn(text);
      setOdd(signature ? null : file.name);
      if (signature) hand.mutate(signature);
    });
  };
  return (
    <>
      <FileButton onChange={take} accept=".json,application/json" resetRef={reset}>
        {(props) => (
          <Button
            {...props}
            variant="default"
            loading={hand.isPending}
            leftSection={<IconUpload size={16} aria-hidden />}
          >
            {words.sign.upload}
          </Button>
        )}
      </FileButton>
      {odd !== null && (
        <p role="alert" className="cw-error">
          {words.sign.notASignature(odd)}
        </p>
      )}
      {hand.error && <ProblemNote error={hand.error} wanted={words.wanted.sign} />}
      {hand.isSuccess && <p role="status">{words.sign.thanks}</p>}
    </>
  );
}

function Ways({ toSign, hash }: { readonly toSign: ChangeToSign; readonly hash: Uint8Array | null }): ReactNode {
  const isOfficer = useRole('officer');
  const administers = useRole('administrator');
  const [open, setOpen] = useState(false);
  const close = (): void => setOpen(false);
  const file = jobFileName(toSign.job);
  return (
    <>
      <div className="cw-card-actions">
        {isOfficer && canUsePasskeys() && hash && (
          <Button leftSection={<IconFingerprint size={16} aria-hidden />} onClick={() => setOpen(true)}>
            {words.sign.passkey}
          </Button>
        )}
        <Button
          variant="default"
          leftSection={<IconDownload size={16} aria-hidden />}
          onClick={() => downloadJob(toSign.job)}
        >
          {words.sign.file}
        </Button>
        {isOfficer && <Upload id={toSign.job.id} />}
      </div>
      <div>
        <span className="cw-muted cw-small">{words.sign.fileWhy}</span>
        <Copyable value={words.sign.command(file)} label={words.verify.commandName} />
      </div>
      {!isOfficer && (
        <p className="cw-muted cw-small">{administers ? words.sign.administrator : words.sign.notOfficer}</p>
      )}
      <Modal opened={open} onClose={close} title={words.sign.passkey} closeButtonProps={{ 'aria-label': words.close }}>
        {hash && <PasskeyForm toSign={toSign} hash={hash} onClose={close} />}
      </Modal>
    </>
  );
}

const standing = (signed: ChangeSigned): string => {
  if (signed.needed === 0) return words.sign.noOfficers;
  if (signed.complete) return words.sign.complete;
  const left = signed.needed - signed.officers.length;
  return left > 0 ? words.sign.missing(left) : words.sign.wantsOffline;
};

function Body({ toSign, open }: { readonly toSign: ChangeToSign; readonly open: boolean }): ReactNode {
  const nameOf = usePersonName();
  const hash = useHash(toSign);
  const { signed } = toSign;
  const differs = hash !== null && toBase64Url(hash) !== toSign.challenge;
  return (
    <div className="cw-stack">
      <p>{standing(signed)}</p>
      {signed.wantsOffline && !signed.complete && signed.needed > signed.officers.length && (
        <p className="cw-muted">{words.sign.wantsOffline}</p>
      )}
      <Facts
        facts={[
          { term: words.sign.by, value: signed.officers.map(nameOf).join(', ') || words.sign.nobody },
          {
            term: words.sign.hash,
            value: (
              <>
                <Copyable value={hash ? toHex(hash) : toSign.hash} label={words.sign.hash} />
                {hash && <span className="cw-block cw-muted cw-small">{words.sign.hashWhy}</span>}
              </>
            ),
          },
        ]}
      />
      {differs ? (
        <p role="alert" className="cw-error">
          {words.sign.differs}
        </p>
      ) : (
        open && <Ways toSign={toSign} hash={hash} />
      )}
      <p className="cw-muted cw-small">{words.sign.why}</p>
    </div>
  );
}

export function SignCard({ change }: { readonly change: Change }): ReactNode {
  const toSign = useAsk('changeToSign', { params: { id: change.id } });
  const { signed } = change;
  return (
    <Card
      title={words.sign.title}
      aside={
        signed.needed > 0 && (
          <span className="cw-badge" data-state={signed.complete ? 'trusted' : 'watched'}>
            <IconSignature size={14} aria-hidden />
            {words.sign.of(signed.officers.length, signed.needed)}
          </span>
        )
      }
    >
      <Answered query={toSign} wanted={words.wanted.toSign} skeleton={<RowsSkeleton rows={3} />}>
        {(answer) => <Body toSign={answer} open={change.state === 'planned'} />}
      </Answered>
    </Card>
  );
}
