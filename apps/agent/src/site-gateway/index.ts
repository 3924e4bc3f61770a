/** How cameras are asked and changed, for whoever reads or mends many of them. */
export { createCameraClient, CameraUnreachable } from './camera-client.ts';
export type { CameraAnswer, CameraClient, CameraPlace, CameraTrust, Permit } from './camera-client.ts';
export { PATHS } from './camera-asks.ts';
export type { CameraAsk } from './camera-asks.ts';
export { readAllParameters, readClock, readData, readFirmware, readInfo, setParameters } from './camera-api.ts';
export { readCamera, reportOf } from './baseline-reader.ts';
