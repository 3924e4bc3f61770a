/** The ledger's entries, newest first, filtered by type, subject, who did it, time or number; older ones come as one scrolls. */
import { useEffect, useRef, type ReactNode } from 'react';
import { Link } from '@tanstack/react-router';
import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useVirtualizer } from '@tanstack/react-virtual';
import { FACT_TYPES, type FactType, type LedgerEntry } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { Person } from '../identity/person.tsx';
import { usePersonName } from '../identity/person-name.ts';
import { patchUrl, type UrlState } from '../../frame/url-state.ts';
import { useSetUrl, useUrl } from '../../frame/url.ts';
import { client } from '../../live/live.ts';
import { formatHash } from '../../ui/format.ts';
import { IconCertificate, IconDownload, IconLock } from '../../ui/icons.ts';
import { Card, Empty, RowsSkeleton } from '../../ui/parts.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { Moment } from '../../ui/time.tsx';
import { said } from './said.ts';

const PAGE = 100;
const ROW_PX = 52;
const TYPING_MS = 300;

function useEntries() {
  const { type, subject, actor, from, to, q } = useUrl();
  const number = q !== undefined && /^\d{1,15}$/.test(q) ? Number(q) : null;
  const filter = {
    ...(type === undefined ? {} : { type }),
    ...(subject === undefined ? {} : { subject }),
    ...(actor === undefined ? {} : { actor }),
    ...(from === undefined || to === undefined ? {} : { from, to }),
  };
  return useInfiniteQuery({
    queryKey: ['listEntries', { ...filter, number }],
    initialPageParam: number === null ? null : number + 1,
    queryFn: ({ pageParam, signal }) =>
      client.call(
        'listEntries',
        {
          query: { ...filter, limit: number === null ? PAGE : 1, ...(pageParam === null ? {} : { before: pageParam }) },
        },
        signal,
      ),
    getNextPageParam: (last) =>
      number !== null || last.entries.length < PAGE ? undefined : (last.entries.at(-1)?.index ?? undefined),
  });
}

const NONE = { type: null, subject: null, actor: null, from: null, to: null, q: null } as const;

/** One text of the filter, put into the address when the typing rests. */
function TextFilter({ name, label, short }: { name: 'subject' | 'actor'; label: string; short: string }): ReactNode {
  const url = useUrl();
  const setUrl = useSetUrl();
  const apply = useDebouncedCallback((text: string) => setUrl({ [name]: text.trim() }, { replace: true }), TYPING_MS);
  return (
    <TextInput
      key={url[name] === undefined ? 'none' : 'some'}
      aria-label={label}
      placeholder={short}
      defaultValue={url[name] ?? ''}
      maxLength={70}
      onChange={(event) => apply(event.currentTarget.value)}
    />
  );
}

function Filters(): ReactNode {
  const url = useUrl();
  const setUrl = useSetUrl();
  const nameOf = usePersonName();
  const isFiltered = Object.keys(NONE).some((key) => url[key as keyof typeof NONE] !== undefined);
  return (
    <>
      <div className="cw-toolbar">
        <NativeSelect
          aria-label={words.evidence.type}
          value={url.type ?? ''}
          data={[
            { value: '', label: words.evidence.allTypes },
            ...FACT_TYPES.map((type) => ({ value: type, label: words.facts[type] })),
          ]}
          onChange={(event) => setUrl({ type: event.currentTarget.value, q: null }, { replace: true })}
        />
        <TextFilter name="subject" label={words.evidence.subject} short={words.evidence.subjectShort} />
        <TextFilter name="actor" label={words.evidence.actor} short={words.evidence.actorShort} />
        {isFiltered && (
          <Button variant="subtle" onClick={() => setUrl(NONE)}>
            {words.evidence.all}
          </Button>
        )}
      </div>
      {url.actor !== undefined && <p className="cw-muted">{words.evidence.didBy(nameOf(url.actor))}</p>}
    </>
  );
}

const Row = ({ entry, start }: { readonly entry: LedgerEntry; readonly start: number }): ReactNode => (
  <tr role="row" style={{ transform: `translateY(${start}px)`, height: ROW_PX }}>
    <td role="cell" className="cw-num">
      {entry.index}
    </td>
    <td role="cell">
      <Moment at={entry.at} />
    </td>
    <td role="cell">
      <span title={entry.type}>{words.facts[entry.type as FactType] ?? entry.type}</span>
    </td>
    <th role="rowheader" scope="row" className="cw-entry-text">
      {entry.personal && <IconLock size={13} aria-label={words.evidence.personal} />} {said(entry)}
      <span className="cw-muted cw-small cw-block">
        <Link
          to="/evidence"
          search={(before: UrlState) => patchUrl(before, { actor: entry.actor })}
          title={words.evidence.allBy}
        >
          <Person id={entry.actor} />
        </Link>{' '}
        → {entry.subject}
      </span>
    </th>
    <td role="cell">
      <code title={entry.commitment}>{formatHash(entry.commitment)}</code>
    </td>
    <td role="cell">
      <a
        className="cw-icon-link"
        href={client.url('entryProof', { params: { index: entry.index } })}
        download
        aria-label={words.evidence.proofOf(entry.index)}
      >
        <IconDownload size={15} aria-hidden /> {words.evidence.proof}
      </a>
    </td>
  </tr>
);

export function Entries(): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const query = useEntries();
  const all = query.data?.pages.flatMap((page) => page.entries) ?? [];
  const virtual = useVirtualizer({
    count: all.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    overscan: 10,
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  useEffect(() => {
    if (all.length > 0 && last >= all.length - 20 && hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [all.length, last, hasNextPage, isFetchingNextPage, fetchNextPage]);
  return (
    <Card title={words.evidence.list} className="cw-card-table">
      <Filters />
      {query.error && all.length === 0 && (
        <ProblemNote error={query.error} wanted={words.wanted.entries} retry={() => void query.refetch()} />
      )}
      {query.isPending && <RowsSkeleton rows={8} height={30} />}
      {query.data && all.length === 0 && <Empty icon={IconCertificate} {...words.evidence.empty} />}
      {all.length > 0 && (
        <div className="cw-vtable-box cw-entries" ref={box} tabIndex={0} role="region" aria-label={words.evidence.list}>
          <table className="cw-table cw-vtable" role="table" aria-rowcount={all.length + 1}>
            <thead role="rowgroup">
              <tr role="row">
                {words.evidence.columns.map((column) => (
                  <th key={column} scope="col" role="columnheader">
                    {column}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody role="rowgroup" style={{ height: virtual.getTotalSize() }}>
              {items.map((item) => (
                <Row key={all[item.index]!.index} entry={all[item.index]!} start={item.start} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}
