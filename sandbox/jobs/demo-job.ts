import type { JobSeed } from './job-seed.ts';

/** A job that is there from the start: name, state, age in minutes, and what else there is to say. */
export type DemoJob = readonly [
  name: string,
  state: NonNullable<JobSeed['state']>,
  ageMinutes: number,
  more?: JobSeed,
];

const minutes = (count: number) => count * 60_000;

/** Is over in so many minutes. */
export const ends = (inMinutes: number) => ({ finishesInMs: minutes(inMinutes) });

/** Starts and is over in so many minutes. */
export const runs = (from: number, to: number) => ({ startsInMs: minutes(from), finishesInMs: minutes(to) });

/** Takes so long, in ms, until a cancel of it is final. */
export const settles = (settlesInMs: number) => ({ settlesInMs });
