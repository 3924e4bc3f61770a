/** Fleet: what do we own, who answers for it, what state? */
import { useState, type ReactNode } from 'react';
import { Button, Checkbox, CloseButton, Drawer, Menu, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { words } from '../../words/en-GB.ts';
import { useSetUrl, useUrl } from '../../frame/url.ts';
import { formatCount, formatShare } from '../../ui/format.ts';
import { IconColumns, IconDownload, IconFilter, IconMap, IconSearch, IconTable } from '../../ui/icons.ts';
import { Empty, Page, RowsSkeleton } from '../../ui/parts.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { Facets, useFacetWords } from './fleet-facets.tsx';
import { chosenOf, FACETS, fleetQuery, toggled } from './fleet-query.ts';
import { FleetTable, shownColumns } from './fleet-table.tsx';
import { WIDTHS } from './fleet-columns.tsx';
import { MapBrush } from './map-brush.tsx';
import { useExport, useFirstPage } from './use-fleet.ts';

const TYPING_MS = 250;
export const NO_FILTER = {
  q: null,
  class: null,
  state: null,
  ward: null,
  maker: null,
  criticality: null,
  trust: null,
  bbox: null,
} as const;

function Search(): ReactNode {
  const url = useUrl();
  const setUrl = useSetUrl();
  const [text, setText] = useState(url.q ?? '');
  const apply = useDebouncedCallback((q: string) => setUrl({ q }, { replace: true }), TYPING_MS);
  return (
    <TextInput
      className="cw-fleet-search"
      aria-label={words.fleet.search}
      placeholder={words.fleet.search}
      leftSection={<IconSearch size={16} aria-hidden />}
      value={text}
      maxLength={100}
      onChange={(event) => {
        setText(event.currentTarget.value);
        apply(event.currentTarget.value);
      }}
    />
  );
}

function Columns(): ReactNode {
  const url = useUrl();
  const setUrl = useSetUrl();
  const shown = shownColumns(url.cols);
  const toggle = (id: string): void => {
    const next = Object.keys(WIDTHS).filter((one) => (one === id ? !shown.includes(id) : shown.includes(one)));
    if (next.length > 0) setUrl({ cols: next.join(',') }, { replace: true });
  };
  return (
    <Menu closeOnItemClick={false} position="bottom-end">
      <Menu.Target>
        <Button variant="default" leftSection={<IconColumns size={16} aria-hidden />}>
          {words.fleet.columnsButton}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {Object.keys(WIDTHS).map((id) => (
          <Menu.Item key={id} role="menuitemcheckbox" aria-checked={shown.includes(id)} onClick={() => toggle(id)}>
            <Checkbox
              size="xs"
              checked={shown.includes(id)}
              label={words.fleet.columns[id as keyof typeof words.fleet.columns]}
              readOnly
              tabIndex={-1}
              aria-hidden
              style={{ pointerEvents: 'none' }}
            />
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

/** What narrows the table now, each with its way out. */
function Chips(): ReactNode {
  const url = useUrl();
  const setUrl = useSetUrl();
  const nameOf = useFacetWords();
  const chosen = FACETS.flatMap((facet) => chosenOf(url, facet).map((value) => ({ facet, value })));
  if (chosen.length === 0 && url.bbox === undefined) return null;
  return (
    <div className="cw-chips">
      {chosen.map(({ facet, value }) => (
        <span key={`${facet} ${value}`} className="cw-chip-on">
          {nameOf(facet, value)}
          <CloseButton
            size={24}
            iconSize={14}
            aria-label={words.fleet.without(nameOf(facet, value))}
            onClick={() => setUrl({ [facet]: toggled(url, facet, value) })}
          />
        </span>
      ))}
      {url.bbox !== undefined && (
        <span className="cw-chip-on">
          {words.fleet.area}
          <CloseButton
            size={24}
            iconSize={14}
            aria-label={words.fleet.without(words.fleet.area)}
            onClick={() => setUrl({ bbox: null })}
          />
        </span>
      )}
      <button type="button" className="cw-linklike" onClick={() => setUrl(NO_FILTER)}>
        {words.fleet.clear}
      </button>
    </div>
  );
}

interface ToolsProps {
  readonly onFilter: () => void;
  readonly onBrush: () => void;
  readonly total: number;
}
function Tools({ onFilter, onBrush, total }: ToolsProps): ReactNode {
  const file = useExport(fleetQuery(useUrl()));
  return (
    <div className="cw-toolbar">
      <Search />
      <Button
        className="cw-only-narrow"
        variant="default"
        leftSection={<IconFilter size={16} aria-hidden />}
        onClick={onFilter}
      >
        {words.fleet.filter}
      </Button>
      <Button variant="default" leftSection={<IconMap size={16} aria-hidden />} onClick={onBrush}>
        {words.fleet.brush}
      </Button>
      <Columns />
      <Button
        variant="default"
        disabled={total === 0}
        loading={file.progress !== null}
        leftSection={<IconDownload size={16} aria-hidden />}
        onClick={file.start}
      >
        {words.fleet.export(formatCount(total))}
      </Button>
      {file.progress !== null && (
        <span role="status" className="cw-muted cw-small">
          {formatShare(file.progress)}
        </span>
      )}
      {file.error && <ProblemNote error={file.error} wanted={words.wanted.export} />}
    </div>
  );
}

export function FleetPage(): ReactNode {
  const url = useUrl();
  const setUrl = useSetUrl();
  const query = fleetQuery(url);
  const first = useFirstPage(query);
  const [filtering, setFiltering] = useState(false);
  const [brushing, setBrushing] = useState(false);
  const page = first.data;
  return (
    <Page title={words.pages.fleet.name} lead={page ? words.fleet.count(formatCount(page.total)) : words.loading} fill>
      <Tools onFilter={() => setFiltering(true)} onBrush={() => setBrushing(true)} total={page?.total ?? 0} />
      <Chips />
      <div className="cw-fleet">
        <aside className="cw-fleet-facets" aria-label={words.fleet.filter} tabIndex={0}>
          {page ? <Facets page={page} /> : <RowsSkeleton rows={14} height={14} />}
        </aside>
        <div className="cw-card cw-card-flush cw-fleet-main">
          {first.error && !page && (
            <ProblemNote error={first.error} wanted={words.wanted.fleet} retry={() => void first.refetch()} />
          )}
          {!page && !first.error && <RowsSkeleton rows={16} height={20} />}
          {page && page.total > 0 && <FleetTable query={query} first={first} />}
          {page && page.total === 0 && (
            <Empty
              icon={IconTable}
              {...words.fleet.empty}
              action={
                <Button variant="default" onClick={() => setUrl(NO_FILTER)}>
                  {words.fleet.clear}
                </Button>
              }
            />
          )}
        </div>
      </div>
      <Drawer
        opened={filtering}
        onClose={() => setFiltering(false)}
        title={words.fleet.filter}
        closeButtonProps={{ 'aria-label': words.close }}
      >
        {page && <Facets page={page} />}
      </Drawer>
      <MapBrush opened={brushing} onClose={() => setBrushing(false)} />
    </Page>
  );
}
