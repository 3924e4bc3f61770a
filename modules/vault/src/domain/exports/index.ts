/** What is shown of a table of people so that nobody in it stands out: pure, also for who measures it. */
export { hideTheRest, setsAfter, LEFT_OUT, OUTSIDE } from './budget.ts';
export type { Standing } from './budget.ts';
export { gateCounts } from './counts-gate.ts';
export { K_MIN, L_MIN, SHARE_MAX } from './crowd.ts';
export { gateRows } from './rows-gate.ts';
export { cellsShown, shownRows } from './shown.ts';
export { everyRow, NOTHING_SAID, OTHER, tableOf } from './table.ts';
export type { ColumnPlan, Level, Table } from './table.ts';
