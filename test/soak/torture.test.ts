import { expect, test } from 'vitest';
import { torture } from '../support/torture/run.ts';

const { CALLOFF_TORTURE_SEED, CALLOFF_TORTURE_MINUTES = '5' } = process.env;
const seed = Number(CALLOFF_TORTURE_SEED ?? Date.now() % 1_000_000);
const minutes = Number(CALLOFF_TORTURE_MINUTES);

test(
  `two servers on one file, tortured for ${minutes} minutes (seed ${seed}), say nothing false, send nothing unrecorded and lose nothing`,
  async () => {
    process.stdout.write(`CALLOFF_TORTURE_SEED=${seed}\n`);
    const { wrongs, events, figures } = await torture({
      seed,
      ms: minutes * 60_000,
      callers: 1_000,
      lanes: 16,
    });
    process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`);
    if (wrongs.length > 0)
      process.stdout.write(`the last events:\n${events.join('\n')}\nwrong:\n${wrongs.join('\n')}\n`);
    expect(wrongs, `seed ${seed}`).toEqual([]);
  },
  minutes * 60_000 + 420_000,
);
