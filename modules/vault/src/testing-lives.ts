/** What attacks on lives and emergencies use, all of the same copy of the module. */
export * from './testing.ts';
export { fetchAs, openDoor, openPage } from './lease/testing-views.ts';
