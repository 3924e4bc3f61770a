/** The pages of residents and of those who look after them. */
export { createPortal } from './portal.ts';
export type { Portal } from './portal.ts';
export type { Ask, Face, PortalNeeds } from './needs.ts';
