/** One control: why, what is wanted, which devices fail, and the change that mends them. */
import type { ReactNode } from 'react';
import { Button, SegmentedControl } from '@mantine/core';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import type { BaselineFix, ControlView } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useRole } from '../../frame/session.ts';
import { useSetUrl, useUrl } from '../../frame/url.ts';
import { useAct, useAsk } from '../../live/hooks.ts';
import { Answered } from '../../ui/answered.tsx';
import { Card, CardSkeleton, Facts, Page, RowsSkeleton } from '../../ui/parts.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { Table } from '../../ui/table.tsx';
import { Moment } from '../../ui/time.tsx';
import { BaselineExceptions } from './baseline-exceptions.tsx';
import { ExceptForm } from './baseline-except-form.tsx';

const FILTERS = ['failed', 'unknown', 'met-but-excepted', 'passed'] as const;
const ROWS = 200;

const About = ({ view }: { readonly view: ControlView }): ReactNode => (
  <Card title={words.baseline.why}>
    <p>{view.why}</p>
    <Facts
      facts={[
        { term: words.baseline.how, value: `${words.baseline.fixes[view.fix.by]}. ${view.fix.words}` },
        ...(view.tradeOff === null ? [] : [{ term: words.baseline.costs, value: view.tradeOff }]),
        { term: words.baseline.readFrom, value: words.baseline.source(view.read) },
        { term: words.baseline.from, value: view.from },
      ]}
    />
    {view.wanted.length === 0 ? (
      <p className="cw-muted">{words.baseline.byEye}</p>
    ) : (
      <Table label={words.baseline.wanted} columns={[...words.baseline.wantedColumns]}>
        {view.wanted.map(({ name, wanted }) => (
          <tr key={name}>
            <th scope="row">
              <code>{name}</code>
            </th>
            <td>{wanted}</td>
          </tr>
        ))}
      </Table>
    )}
  </Card>
);

function Devices({ id }: { readonly id: string }): ReactNode {
  const url = useUrl();
  const setUrl = useSetUrl();
  const state = FILTERS.find((one) => one === url.state) ?? 'failed';
  const devices = useAsk('listBaselineDevices', { query: { control: id, state, limit: ROWS } }, { keep: true });
  return (
    <Card title={words.baseline.failing}>
      <SegmentedControl
        aria-label={words.baseline.filter}
        value={state}
        onChange={(value) => setUrl({ state: value === 'failed' ? null : value }, { replace: true })}
        data={FILTERS.map((value) => ({ value, label: words.baseline.filters[value] }))}
      />
      <Answered query={devices} wanted={words.wanted.baseline} skeleton={<RowsSkeleton rows={5} />}>
        {(answer) =>
          answer.devices.length === 0 ? (
            <p className="cw-muted">{words.baseline.none}</p>
          ) : (
            <>
              <Table label={words.baseline.failing} columns={[...words.baseline.deviceColumns]} texts={1} tall>
                {answer.devices.map((one) => (
                  <tr key={one.device}>
                    <th scope="row">
                      <Link to="/devices/$id" params={{ id: one.device }}>
                        {one.device}
                      </Link>
                    </th>
                    <td className="cw-num">{words.baseline.percent(one.score)}</td>
                    <td className="cw-num">{one.failed}</td>
                    <td className="cw-num">{one.unknown}</td>
                    <td className="cw-num">
                      {one.read === null ? words.baseline.neverRead : <Moment at={one.read} />}
                    </td>
                  </tr>
                ))}
              </Table>
              {answer.next !== null && <p className="cw-muted">{words.baseline.more}</p>}
            </>
          )
        }
      </Answered>
    </Card>
  );
}

const shown = (value: unknown): string =>
  value === null ? '–' : typeof value === 'string' ? value : JSON.stringify(value);

const Differences = ({ fix }: { readonly fix: BaselineFix }): ReactNode => (
  <>
    {fix.groups.map((group) => (
      <div key={group.draft.title}>
        {group.secondStep && <p>{words.baseline.secondStep}</p>}
        <Table label={words.baseline.differs} columns={[...words.baseline.differenceColumns]} tall>
          {group.sample.flatMap(({ device, differences }) =>
            differences.map(({ name, is, wanted }) => (
              <tr key={`${device} ${name}`}>
                <th scope="row">{device}</th>
                <td>
                  <code>{name}</code>
                </td>
                <td>{shown(is)}</td>
                <td>{shown(wanted)}</td>
              </tr>
            )),
          )}
        </Table>
        {group.devices > group.sample.length && (
          <p className="cw-muted">{words.baseline.andMore(group.devices - group.sample.length)}</p>
        )}
      </div>
    ))}
    {fix.unmended.length > 0 && <h3>{words.baseline.left}</h3>}
    <ul className="cw-plain-list">
      {fix.unmended.map(({ control, why, devices }) => (
        <li key={`${control} ${why}`}>
          {words.baseline.devices(devices)}: {why}
        </li>
      ))}
    </ul>
  </>
);

function Mend({ id }: { readonly id: string }): ReactNode {
  const navigate = useNavigate();
  const body = { selection: { classes: [], sites: [], devices: [] }, controls: [id], tiers: [] };
  const preview = useAct('previewBaselineFix');
  const plan = useAct('addBaselineFix', {
    refresh: ['listChanges'],
    done: ({ changes }) => {
      const [first] = changes;
      void (first && changes.length === 1
        ? navigate({ to: '/changes/$id', params: { id: first.id } })
        : navigate({ to: '/changes' }));
    },
  });
  const fix = preview.data;
  const error = preview.error ?? plan.error;
  return (
    <Card title={words.baseline.how}>
      <div className="cw-actions">
        <Button variant="default" loading={preview.isPending} onClick={() => preview.mutate({ body })}>
          {words.baseline.show}
        </Button>
        {fix && fix.devices > 0 && (
          <Button loading={plan.isPending} onClick={() => plan.mutate({ body })}>
            {words.baseline.plan(fix.devices)}
          </Button>
        )}
      </div>
      {error && <ProblemNote error={error} wanted={words.baseline.show} />}
      {fix && fix.devices === 0 && <p>{words.baseline.nothing}</p>}
      {fix && <Differences fix={fix} />}
    </Card>
  );
}

export function BaselineControlPage(): ReactNode {
  const { id } = useParams({ from: '/baseline/$id' });
  const control = useAsk('getControl', { params: { id } });
  const [isOperator, isOfficer] = [useRole('operator'), useRole('officer')];
  return (
    <Page title={control.data?.control.title ?? id} lead={<span className="cw-muted">{id}</span>}>
      <Answered query={control} wanted={words.wanted.baseline} skeleton={<CardSkeleton height={240} />}>
        {(view) => (
          <div className="cw-two">
            <div className="cw-stack-wide">
              <About view={view} />
              {isOperator && view.control.failed > 0 && <Mend id={id} />}
              <Devices id={id} />
              <BaselineExceptions control={id} />
            </div>
            <div className="cw-stack-wide">{(isOperator || isOfficer) && <ExceptForm view={view} />}</div>
          </div>
        )}
      </Answered>
    </Page>
  );
}
