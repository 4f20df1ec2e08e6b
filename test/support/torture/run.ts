import { setTimeout as wait } from 'node:timers/promises';
import { startPretendSlack } from '../../../sandbox/pretend-slack.ts';
import type { Torture } from './actions.ts';
import { Dice } from './dice.ts';
import { growth } from './judge.ts';
import { Intents, Ledger } from './ledger.ts';
import { TorturedOperations } from './operations.ts';
import { openProviders, tortured } from './providers.ts';
import { RunRecord } from './record.ts';
import { TorturedServer } from './server.ts';
import { type Memory, storm } from './storm.ts';
import { judge } from './verdict.ts';
import { budgetMs, World } from './world.ts';

/** How long, with how much, and by which seed a run goes. */
interface TortureTerms {
  readonly seed: number;
  readonly ms: number;
  readonly callers: number;
  /** How many clients act at a time. */
  readonly lanes: number;
}

/** The result: nothing wrong, or what; the last events; and the figures. */
interface TortureResult {
  readonly wrongs: readonly string[];
  readonly events: readonly string[];
  readonly figures: Readonly<Record<string, unknown>>;
}

/** Tortures two servers on one file, and judges all that they did. */
export async function torture({ seed, ms, callers, lanes }: TortureTerms): Promise<TortureResult> {
  const dice = new Dice(seed);
  const world = new World(callers);
  const ledger = new Ledger(new Intents(world.storeFile));
  const record = new RunRecord(ledger);
  const providers = await openProviders(ledger);
  const slack = await startPretendSlack();
  world.slackOrigin = slack.origin;
  world.connect(providers);
  const steady = new TorturedServer('server A', world, record);
  const mortal = new TorturedServer('server B', world, record);
  const servers = [steady, mortal];
  const parts: Torture = { dice, record, providers, world, servers };
  const operations = new TorturedOperations(parts);
  try {
    for (const server of servers) await server.start();
    const memory = await storm({ ...parts, slack, operations, steady, mortal, ms, lanes });
    calm(parts);
    const atTheEnd = (await steady.look()) ?? 0;
    await mortal.look();
    await operations.end();
    // What was sent for clients that left has its outcome by now.
    await wait(budgetMs + 1_000);
    for (const server of servers) await server.stop();
    const judged = await judge(parts, ledger);
    judgeMemory(record, memory, atTheEnd);
    const megabytes = (bytes: number) => Math.round(bytes / 100_000) / 10;
    const figures = {
      ...{ seed, callers, judged, requestsOfProviders: ledger.requests, faults: ledger.faults },
      jobsSentACancel: ledger.sent.size,
      megabytesAfterCollection: [...memory.map(([, bytes]) => bytes), atTheEnd].map(megabytes),
      ...record.counts,
    };
    return { wrongs: [...record.wrongs], events: record.events, figures };
  } finally {
    await Promise.allSettled(servers.map((server) => server.stop()));
    await providers.close();
    await slack.close();
  }
}

/** Ends the faults and limits of the providers, and sets the clock right. */
function calm({ providers, world }: Torture): void {
  for (const name of tortured) {
    providers.twins[name].clearFaults();
    providers.twins[name].setLimits({});
  }
  world.setClock(0);
}

/** Compares the memory in use at the end with that in the middle of the run. */
function judgeMemory(record: RunRecord, memory: Memory, atTheEnd: number): void {
  const [, middle] = memory.find(([share]) => share >= 0.5) ?? [];
  if (middle === undefined || atTheEnd === 0) record.wrong('the memory of server A was not measured');
  else for (const grown of growth(middle, atTheEnd)) record.wrong(`the memory of server A: ${grown}`);
}
