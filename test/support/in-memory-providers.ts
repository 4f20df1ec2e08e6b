import { randomUUID } from 'node:crypto';
import type { Exchange } from '../../sandbox/exchange.ts';
import type { Fault } from '../../sandbox/fault.ts';
import { FaultBook } from '../../sandbox/fault-book.ts';
import { type Decision, handleRequest, type ProviderState } from '../../sandbox/handle-request.ts';
import { createJob } from '../../sandbox/job.ts';
import { JobBook } from '../../sandbox/job-book.ts';
import type { JobSeed } from '../../sandbox/job-seed.ts';
import { Limiter, type Limits } from '../../sandbox/limits.ts';
import type { ProviderModel } from '../../sandbox/provider-model.ts';
import { ionq } from '../../sandbox/providers/ionq.ts';
import { sutro } from '../../sandbox/providers/sutro.ts';
import type { ConnectionSettings } from '../../shared/config/connection-settings.ts';
import type { Clock } from '../../shared/lib/clock.ts';

/** A provider of the sandbox without a server, on a clock that is turned by hand: its journal has the wall times of that clock before anybody sets it. */
export interface InMemoryProvider {
  readonly journal: readonly Exchange[];
  addJobs(count: number, seed?: JobSeed): string[];
  setFault(fault: Fault): void;
  setLimits(limits: Limits): void;
}

/** Two providers, one that cancels by lists of ids and one that does not, and the wire to them. */
export interface InMemoryProviders {
  readonly ionq: InMemoryProvider;
  readonly sutro: InMemoryProvider;
  readonly connections: readonly ConnectionSettings[];
  readonly fetch: typeof fetch;
}

const apiKey = 'a-key-of-the-still-providers';
/** After so long a client gives a request up that is not answered. */
const patienceMs = 10_000;

/** Sets the two up, empty. */
export function inMemoryProviders(clock: Clock): InMemoryProviders {
  // Nobody sets the clocks of the providers when ours is set.
  const begun = clock.wallTime() - clock.now();
  const time = () => begun + clock.now();
  const houses = { ionq: houseOf(ionq, time), sutro: houseOf(sutro, time) };
  const connections = [
    { name: 'ionq', provider: 'ionq', baseUrl: 'https://ionq.test/v0.4', apiKey, options: {} },
    { name: 'sutro', provider: 'sutro', baseUrl: 'https://sutro.test', apiKey, options: {} },
  ] as const;
  const wire: typeof fetch = async (input, init = {}) => {
    const url = new URL(String(input));
    const headers = new Headers(init.headers);
    const ask = {
      method: init.method ?? 'GET',
      target: `${url.pathname}${url.search}`,
      header: (name: string) => headers.get(name) ?? undefined,
      text: typeof init.body === 'string' ? init.body : '',
    };
    const now = time();
    const decision =
      url.host === 'ionq.test' ? handleRequest(houses.ionq, ask, now) : handleRequest(houses.sutro, ask, now);
    return answerOf(decision, clock);
  };
  return {
    ionq: handlesOf(houses.ionq, time),
    sutro: handlesOf(houses.sutro, time),
    connections,
    fetch: wire,
  };
}

async function answerOf({ reply, delayMs }: Decision, clock: Clock): Promise<Response> {
  const waitMs = reply.kind === 'hang' ? patienceMs : delayMs;
  if (waitMs > 0) await new Promise<void>((resolve) => clock.after(waitMs, resolve));
  if (reply.kind !== 'send') throw new TypeError('the connection is gone');
  return new Response(reply.text, { status: reply.status, headers: reply.headers });
}

function houseOf<Switches extends object>(
  model: ProviderModel<Switches>,
  time: () => number,
): ProviderState<Switches> {
  return {
    model,
    jobs: new JobBook(),
    faults: new FaultBook(),
    journal: [],
    limiter: new Limiter({}, time()),
    switches: model.switches.parse({}),
    apiKey,
    requests: 0,
  };
}

function handlesOf<Switches extends object>(
  twin: ProviderState<Switches>,
  time: () => number,
): InMemoryProvider {
  return {
    journal: twin.journal,
    addJobs: (count, seed = {}) =>
      Array.from({ length: count }, () => {
        const id = seed.id ?? twin.model.idOf(randomUUID());
        twin.jobs.add(createJob({ settlesInMs: 0, ...seed }, id, 0, time()));
        return id;
      }),
    setFault: (fault) => {
      twin.faults.add(fault);
    },
    setLimits: (limits) => {
      twin.limiter = new Limiter(limits, time());
    },
  };
}
