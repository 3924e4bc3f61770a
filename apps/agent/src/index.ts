/** A device agent, and a simulator that runs hundreds of devices in one process. */
export { createAgent, type Agent, type AgentOptions } from './agent.ts';
export { createSimulator, type Simulator, type SimulatorParts, type Said, type Told } from './simulator.ts';
export { readStart, STORY_AFTER_MS, type SimulatorStart } from './start.ts';
