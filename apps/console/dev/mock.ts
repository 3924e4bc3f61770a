/** The mock server as tests start it. */
export { startMock } from './mock-server.ts';
export { mockState, type MockState } from './mock-state.ts';
