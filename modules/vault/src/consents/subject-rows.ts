/** The rows of each person's grants, one after the other: what one person gave is counted without looking at what others gave. */

const NOBODY_NEXT = -1;
const FIRST = 1_024;

export class SubjectRows {
  /** By the number of the subject. */
  #first = new Int32Array(FIRST).fill(NOBODY_NEXT);
  #counts = new Int32Array(FIRST);
  /** By the row. */
  #next = new Int32Array(FIRST).fill(NOBODY_NEXT);

  add(subject: number, row: number): void {
    this.#first = wide(this.#first, subject, NOBODY_NEXT);
    this.#counts = wide(this.#counts, subject, 0);
    this.#next = wide(this.#next, row, NOBODY_NEXT);
    this.#next[row] = this.#first[subject]!;
    this.#first[subject] = row;
    this.#counts[subject]!++;
  }
  count(subject: number): number {
    return this.#counts[subject] ?? 0;
  }
  /** Counts no more of the person what is over. Looks at what is counted of that person alone. */
  tidy(subject: number, isOver: (row: number) => boolean): void {
    const kept: number[] = [];
    for (let row = this.#first[subject] ?? NOBODY_NEXT; row !== NOBODY_NEXT; row = this.#next[row]!)
      if (!isOver(row)) kept.push(row);
    this.#first[subject] = NOBODY_NEXT;
    this.#counts[subject] = 0;
    for (const row of kept) this.add(subject, row);
  }
}

function wide(column: Int32Array<ArrayBuffer>, at: number, empty: number): Int32Array<ArrayBuffer> {
  if (at < column.length) return column;
  let length = column.length;
  while (length <= at) length *= 2;
  const wider = new Int32Array(length).fill(empty);
  wider.set(column);
  return wider;
}
