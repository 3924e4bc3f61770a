/** What the verbs of changes print, and that a change steers only with a reason. */
import { describe, expect, it } from 'vitest';
import { api, type ChangePlan } from '@cityward/contracts';
import { findCommand, readArguments } from './command.ts';
import { jobCommands, planText } from './job.ts';

const plan: ChangePlan = {
  title: 'Cameras to 2.0.0',
  devices: 60,
  waves: [
    { name: 'canary', devices: 6 },
    { name: 'all', devices: 54 },
  ],
  difference: [{ from: null, to: '2.0.0', devices: 60 }],
  steps: [{ to: '2.0.0', devices: 60 }],
  excluded: [{ reason: 'held', words: 'Its certificate is held', devices: 1, sample: ['cam-0001'] }],
  touches: [{ what: 'class', name: 'camera', devices: 60, of: 80, atOnce: 30 }],
  opens: 0,
  sentence: '60 devices in 2 waves, at most 30 at one time',
};

describe('job', () => {
  it('says what a change would do', () => {
    expect(planText(plan).split('\n')).toEqual([
      'Cameras to 2.0.0: 60 devices in 2 waves, at most 30 at one time; not before 1970-01-01T00:00:00.000Z',
      'Difference:',
      '  60 from not known to 2.0.0',
      'Waves:',
      '  canary: 6',
      '  all: 54',
      'Touches:',
      '  class camera: 60 of 80, at most 30 at one time',
      'Left out:',
      '  1: Its certificate is held (cam-0001)',
    ]);
  });
  it.each(['job pause', 'job resume', 'job stop', 'job rollback'])('%s wants a reason', async (verb) => {
    const args = [...verb.split(' '), 'chg-1'];
    const command = findCommand(jobCommands(api), args)!;
    const client = {
      call: () => Promise.reject(new Error('asked')),
      bytes: () => Promise.reject(new Error('asked')),
      upload: () => Promise.reject(new Error('asked')),
    };
    await expect(command.run({ ...readArguments(command, args), client })).rejects.toThrow('--reason');
  });
});
