import { randomUUID } from 'node:crypto';
import { type Fault, faultSchema } from '../faults/fault.ts';
import { FaultBook } from '../faults/fault-book.ts';
import { listen } from '../http-server.ts';
import { createJob, type TrueJob, truthAt } from '../jobs/job.ts';
import { JobBook } from '../jobs/job-book.ts';
import type { JobSeed } from '../jobs/job-seed.ts';
import type { Exchange } from './exchange.ts';
import { type Decision, handleRequest, type ProviderState } from './handle-request.ts';
import { Limiter, type Limits, limitsSchema } from './limits.ts';
import type { OutgoingRequest, ProviderModel, TwinFacts } from './provider-model.ts';

/** A twin, running: what it holds and how it behaves can be changed at any time. */
export interface PretendProvider<Switches extends object = object> {
  /** The whole base URL, path included. */
  readonly baseUrl: string;
  /** The key it accepts; `setKey` rotates it. */
  readonly apiKey: string;
  /** All requests so far, oldest first. */
  readonly journal: readonly Exchange[];
  setKey(key: string): void;
  /** Adds a job and returns its id. Throws when the id is taken. */
  addJob(job?: JobSeed): string;
  /** Adds many alike; the newest is last. */
  addJobs(count: number, seed?: JobSeed): string[];
  /** The truth about a job now. */
  job(id: string): TrueJob | undefined;
  /** The truth about the newest jobs, newest first. */
  newestJobs(limit: number): TrueJob[];
  /** Sets a fault, from now on, and returns its id. Throws when the fault is malformed. */
  setFault(fault: Fault): string;
  clearFaults(): void;
  /** Replaces all limits; windows start anew. */
  setLimits(limits: Limits): void;
  /** Changes the switches that are given. Throws on one the provider does not have. */
  configure(switches: Partial<Switches>): void;
  /** No jobs, no faults, no limits, an empty journal, default switches and the default key. */
  reset(): void;
}

/** A pretend provider and the way to end it. */
export interface Started<Switches extends object> {
  readonly provider: PretendProvider<Switches>;
  close(): Promise<void>;
}

/** The time, in ms since the epoch. */
type Time = () => number;

/** A pretend provider without a socket: its caller passes requests to it, and carries out its decisions. */
export interface Unconnected<Switches extends object> {
  readonly provider: PretendProvider<Switches>;
  handle(ask: OutgoingRequest): Decision;
}

/** Makes a pretend provider without a server, which goes by `time`. */
export function createProvider<Switches extends object>(
  model: ProviderModel<Switches>,
  { baseUrl, apiKey, time }: { readonly baseUrl: string; readonly apiKey: string; readonly time: Time },
): Unconnected<Switches> {
  const state = build(model, apiKey, time);
  return {
    provider: handles(state, { baseUrl, defaultKey: apiKey, time }),
    handle: (ask) => handleRequest(state, ask, time()),
  };
}

/** Starts a pretend provider on a port of 127.0.0.1, 0 for any. */
export async function startProvider<Switches extends object>(
  model: ProviderModel<Switches>,
  defaultKey: string,
  port: number,
): Promise<Started<Switches>> {
  const provider = build(model, defaultKey, Date.now);
  const server = await listen(port, (ask) => handleRequest(provider, ask, Date.now()));
  const baseUrl = `http://127.0.0.1:${server.port}${model.basePaths[0]}`;
  return { provider: handles(provider, { baseUrl, defaultKey, time: Date.now }), close: server.close };
}

function build<Switches extends object>(
  model: ProviderModel<Switches>,
  apiKey: string,
  time: Time,
): ProviderState<Switches> {
  const switches = model.switches.parse({});
  return {
    model,
    jobs: new JobBook(),
    faults: new FaultBook(),
    journal: [],
    limiter: new Limiter(model.limits(switches), time()),
    switches,
    apiKey: keyOf(model, apiKey),
    requests: 0,
  };
}

function keyOf({ keyFrom }: Pick<TwinFacts, 'keyFrom'>, text: string): string {
  return keyFrom?.(text) ?? text;
}

function handles<Switches extends object>(
  provider: ProviderState<Switches>,
  {
    baseUrl,
    defaultKey,
    time,
  }: { readonly baseUrl: string; readonly defaultKey: string; readonly time: Time },
): PretendProvider<Switches> {
  const { model, jobs, faults, journal } = provider;
  let limits: Limits = {};
  const applyLimits = () => {
    provider.limiter = new Limiter({ ...model.limits(provider.switches), ...limits }, time());
  };
  const addJob = (seed: JobSeed = {}) => {
    const id = seed.id ?? model.idOf(randomUUID());
    jobs.add(createJob(seed, id, model.settlesInMs, time()));
    return id;
  };
  return {
    baseUrl,
    get apiKey() {
      return provider.apiKey;
    },
    journal,
    setKey: (key) => {
      provider.apiKey = keyOf(model, key);
    },
    addJob,
    addJobs: (count, seed) => Array.from({ length: count }, () => addJob(seed)),
    job: (id) => {
      const job = jobs.find(id);
      return job && truthAt(job, time());
    },
    newestJobs: (limit) => jobs.page({ limit }).jobs.map((job) => truthAt(job, time())),
    setFault: (fault) => faults.add(faultSchema.parse(fault)),
    clearFaults: () => faults.clear(),
    setLimits: (given) => {
      limits = limitsSchema.parse(given);
      applyLimits();
    },
    configure: (given) => {
      provider.switches = model.switches.parse({ ...provider.switches, ...given });
      applyLimits();
    },
    reset: () => {
      jobs.clear();
      faults.clear();
      journal.length = 0;
      provider.requests = 0;
      provider.apiKey = keyOf(model, defaultKey);
      provider.switches = model.switches.parse({});
      limits = {};
      applyLimits();
    },
  };
}
