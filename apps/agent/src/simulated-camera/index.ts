/** Simulated cameras for tests and benches. */
export { createSimulatedCamera } from './camera.ts';
export type { CameraFacts, CameraFaults, SimulatedCamera } from './camera.ts';
export { createCameraServer } from './server.ts';
export type { CameraServer } from './server.ts';
export { setAccount } from './flash.ts';
export { cameraImage } from './image.ts';
export { FACTORY_PARAMETERS } from './parameters.ts';
export { testCamera } from './testing.ts';
export type { TestCamera, TestCameraOptions } from './testing.ts';
