/** `like` in time linear in text and pattern: pieces between stars are found one after the other by Knuth-Morris-Pratt. */

export type PatternElement = 'Wildcard' | { readonly Literal: string };

interface Piece {
  readonly text: string;
  /** For each prefix of the piece, the longest proper prefix that is also its suffix. */
  readonly failure: Int32Array;
}

/** @returns the test for one pattern; it never backtracks, whatever the text */
export function compileLike(pattern: readonly PatternElement[]): (text: string) => boolean {
  const pieces = piecesOf(pattern);
  const [first, ...rest] = pieces;
  const last = rest.pop();
  if (last === undefined) return (text) => text === first!;
  const middle = rest.filter((piece) => piece !== '').map(prepare);
  const head = first!;
  return (text) => {
    const end = text.length - last.length;
    if (end < head.length || !text.startsWith(head) || !text.endsWith(last)) return false;
    let at = head.length;
    for (const piece of middle) {
      at = find(text, piece, { from: at, end });
      if (at < 0) return false;
    }
    return true;
  };
}

/** The literal text between the stars: one more than there are stars, some of them empty. */
function piecesOf(pattern: readonly PatternElement[]): string[] {
  const pieces = [''];
  for (const element of pattern) {
    if (element === 'Wildcard') pieces.push('');
    else pieces[pieces.length - 1] += element.Literal;
  }
  return pieces;
}

function prepare(text: string): Piece {
  const failure = new Int32Array(text.length);
  let length = 0;
  for (let i = 1; i < text.length; i++) {
    while (length > 0 && text[i] !== text[length]) length = failure[length - 1]!;
    if (text[i] === text[length]) length++;
    failure[i] = length;
  }
  return { text, failure };
}

/** Where the leftmost occurrence ends; -1 for none within the range. */
function find(text: string, piece: Piece, range: { readonly from: number; readonly end: number }): number {
  let length = 0;
  for (let i = range.from; i < range.end; i++) {
    while (length > 0 && text[i] !== piece.text[length]) length = piece.failure[length - 1]!;
    if (text[i] === piece.text[length]) length++;
    if (length === piece.text.length) return i + 1;
  }
  return -1;
}
