import { setTimeout as wait } from 'node:timers/promises';
import type { PretendSlack } from '../../../sandbox/pretend-slack.ts';
import { actions, anyServer, type Torture } from './actions.ts';
import { ask } from './ask.ts';
import { changeFaults, lockStore, rotateKeys, rotateTokens, stepClock } from './chaos.ts';
import { Dice, newJobs } from './dice.ts';
import type { TorturedOperations } from './operations.ts';
import { askForConsent, cancelInConsole, commandInSlack, runCommand } from './people.ts';
import type { TorturedServer } from './server.ts';

/** What a storm works with, and how long it takes. */
interface StormParts extends Torture {
  readonly slack: PretendSlack;
  readonly operations: TorturedOperations;
  /** The server that lives on once a part of the time is over, so that its memory can be compared, and the one that does not. */
  readonly steady: TorturedServer;
  readonly mortal: TorturedServer;
  readonly ms: number;
  /** How many clients act at a time. */
  readonly lanes: number;
}

/** When, as a share of the time, something happens that happens once. */
const moments = { everyone: 0.2, keys: 0.36, settled: 0.4, tokens: 0.6, lastOperation: 0.85 };

/** Bytes in use after a collection of garbage, and when, as a share of the time. */
export type Memory = readonly (readonly [share: number, bytes: number])[];

/** Lets clients, people and mishaps loose at the same time. Gives the memory of the server that lives on. */
export async function storm(parts: StormParts): Promise<Memory> {
  const { dice, record, steady, mortal, operations, slack, ms, lanes } = parts;
  const startedAt = record.now();
  const share = () => (record.now() - startedAt) / ms;
  const isOver = () => share() >= 1;
  const memory: (readonly [number, number])[] = [];

  /** Acts again and again, with pauses of a length between two, in milliseconds; each with numbers of its own. */
  const act = async (pause: readonly [number, number], work: (drawn: Torture) => Promise<unknown>) => {
    const own = new Dice(dice.whole(0, 1e9));
    while (!isOver()) {
      await work({ ...parts, dice: own });
      await wait(own.whole(...pause));
    }
  };
  const once = async (at: number, work: () => Promise<unknown>) => {
    while (share() < at) await wait(100);
    await work();
  };
  const mishap = async (drawn: Torture) => {
    const server = share() < moments.settled ? drawn.dice.pick(parts.servers) : mortal;
    if (server.url === undefined) return;
    await drawn.dice.weighted<() => Promise<void>>([
      [3, () => server.kill()],
      [2, () => server.restart()],
      [2, () => server.freeze(drawn.dice.pick([200, 3_000, 17_000]))],
      [2, () => stepClock(drawn)],
      [6, () => changeFaults(drawn)],
      [2, () => lockStore(drawn)],
    ])();
  };
  const operate = async ({ dice: own }: Torture) => {
    if (share() > moments.lastOperation) return;
    await (own.chance(0.6) ? operations.create(own.whole(20, 400)) : operations.interrupt());
  };
  const remember = async () => {
    while (!isOver()) {
      await wait(Math.max(2_000, ms / 20));
      const bytes = await steady.look();
      if (bytes !== undefined) memory.push([share(), bytes]);
    }
  };
  await Promise.all([
    ...Array.from({ length: lanes }, () => act([0, 60], (drawn) => drawn.dice.weighted(actions)(drawn))),
    act([500, 4_000], mishap),
    act([1_000, 5_000], runCommand),
    act([0, 500], (drawn) => drawn.dice.pick([commandInSlack, cancelInConsole, askForConsent])(drawn, slack)),
    act([1_000, 8_000], operate),
    once(moments.everyone, () => everyoneAtOnce(parts)),
    once(moments.keys, () => rotateKeys(parts, 2)),
    once(moments.settled, remember),
    once(moments.tokens, () => rotateTokens(parts)),
  ]);
  record.event('the storm is over');
  return memory;
}

const readsOfAll = ['/v1/caller', '/v1/jobs?limit=5'];

/** Each caller asks for something at the same moment: half of them read, half cancel. */
async function everyoneAtOnce(parts: Torture): Promise<void> {
  const { record, world, dice } = parts;
  record.event(`${world.callers.length} callers ask at once`);
  const all = world.callers.map(async (caller, index) => {
    const who = { what: 'one of all', server: await anyServer(parts), caller };
    const [job] = index % 2 === 0 ? newJobs(parts, 1) : [];
    if (job === undefined) return ask(record, { ...who, method: 'GET', path: dice.pick(readsOfAll) });
    const path = `/v1/providers/${job.provider}/jobs/${encodeURIComponent(job.job_id)}/cancel`;
    return ask(record, { ...who, path, body: { wait_seconds: 0 } });
  });
  await Promise.all(all);
  record.count('callers at once', world.callers.length);
}
