/** The little that is used of fontkit, which says nothing of its types. */
declare module 'fontkit' {
  export interface Font {
    hasGlyphForCodePoint(code: number): boolean;
  }
  export function create(bytes: Uint8Array): Font;
}
