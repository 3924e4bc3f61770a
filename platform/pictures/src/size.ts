/** The size of every page: A4 at 150 dots an inch, in blocks of the picture format. */
export const PAGE_WIDTH = 1_240;
export const PAGE_HEIGHT = 1_754;
export const BLOCK = 8;
export const BLOCKS_ACROSS = PAGE_WIDTH / BLOCK;
/** The last row of blocks reaches below the page. */
export const BLOCKS_DOWN = Math.ceil(PAGE_HEIGHT / BLOCK);
export const BLOCK_PIXELS = BLOCK * BLOCK;
/** Blocks that are encoded together, and by themselves: what a page is put together of. */
export const STRIP_BLOCKS = 5;
export const STRIPS_ACROSS = BLOCKS_ACROSS / STRIP_BLOCKS;
