import type { JobSeed } from '../../../sandbox/jobs/job-seed.ts';
import { randomNumbers } from '../../../sandbox/random.ts';
import { canary } from '../truth/check-outcomes.ts';
import type { Tortured, TorturedProviders } from './providers.ts';
import type { RunRecord, TorturedJob } from './record.ts';

/** Draws from one stream of numbers, so that a seed draws the same again. */
export class Dice {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = randomNumbers(seed);
  }

  chance(share: number): boolean {
    return this.#random() < share;
  }

  /** A whole number from `least` to `most`. */
  whole(least: number, most: number): number {
    return least + Math.floor(this.#random() * (most - least + 1));
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.whole(0, items.length - 1)];
    if (item === undefined) throw new Error('there is nothing to pick from');
    return item;
  }

  /** One of these, as often as its weight says. */
  weighted<Item>(items: readonly (readonly [weight: number, item: Item])[]): Item {
    let left = this.#random() * items.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, item] of items) {
      left -= weight;
      if (left < 0) return item;
    }
    throw new Error('there is nothing to pick from');
  }
}

/** PromptLoop allows ten lists and twenty looks in a minute, so it has few jobs. */
const places: readonly (readonly [number, Tortured])[] = [
  [30, 'ionq'],
  [20, 'ionworks'],
  [25, 'sutro'],
  [1, 'promptloop'],
  [12, 'replicate'],
  [12, 'databricks'],
];

const states: readonly (readonly [number, NonNullable<JobSeed['state']>])[] = [
  [10, 'running'],
  [4, 'queued'],
  [1, 'cancelling'],
  [1, 'cancelled'],
  [1, 'completed'],
  [1, 'failed'],
];

/** A new job at any provider, in any state; some end by themselves soon. */
function newJob(dice: Dice, { twins }: TorturedProviders, provider = dice.weighted(places)): TorturedJob {
  const finishesInMs = dice.whole(200, 4_000);
  const job_id = twins[provider].addJob({
    ...{ name: canary, state: dice.weighted(states), settlesInMs: dice.whole(0, 900) },
    ...(dice.chance(0.1) ? { finishesInMs } : {}),
  });
  return { provider, job_id };
}

/** New jobs, taken down as those of one request. */
export function newJobs(
  { dice, providers, record }: { dice: Dice; providers: TorturedProviders; record: RunRecord },
  count: number,
  provider?: Tortured,
): TorturedJob[] {
  const jobs = Array.from({ length: count }, () => newJob(dice, providers, provider));
  record.asks(jobs);
  return jobs;
}
