/** What exports of a category have used up, for whoever asks for another or releases it. */
import type { ReactNode } from 'react';
import { words } from '../../words/en-GB.ts';
import { useAsk } from '../../live/hooks.ts';
import { Answered } from '../../ui/answered.tsx';
import { RowsSkeleton } from '../../ui/parts.tsx';

const said = words.askingExport.budget;

export function ExportBudgetNote({ category }: { readonly category: string }): ReactNode {
  const budgets = useAsk('listExportBudgets', {});
  return (
    <Answered query={budgets} wanted={said.wanted} skeleton={<RowsSkeleton rows={2} />}>
      {({ budgets: all }) => {
        const own = all.find((one) => one.category === category && one.releases > 0);
        return (
          <section aria-label={said.title}>
            <h3 className="cw-small-head">{said.title}</h3>
            <p className="cw-muted cw-small">
              {own ? `${said.of(own.releases, own.people, own.peopleMax - own.people)} ${said.how}` : said.none}
            </p>
          </section>
        );
      }}
    </Answered>
  );
}
