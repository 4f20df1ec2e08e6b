import * as z from 'zod';
import { controlHelp } from './control-help.ts';
import { faultSchema } from './faults/fault.ts';
import { listen } from './http-server.ts';
import { jobSeedSchema } from './jobs/job-seed.ts';
import type { Decision } from './twin/handle-request.ts';
import { limitsSchema } from './twin/limits.ts';
import type { PretendProvider } from './twin/pretend-provider.ts';
import type { OutgoingRequest } from './twin/provider-model.ts';
import { parseTarget } from './twin/routing.ts';

/** The control server, running. */
export interface Control {
  readonly url: string;
  close(): Promise<void>;
}

type Controlled = Readonly<Record<string, PretendProvider>>;

interface Outcome {
  readonly status: number;
  readonly body: unknown;
}

interface Order {
  readonly provider: PretendProvider;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

const newJobs = jobSeedSchema.extend({ count: z.int().min(1).max(100_000).optional() });
const switchesSchema = z.record(z.string(), z.unknown());
const limitSchema = z.coerce.number().int().positive().max(100_000).default(100);

/** What can be asked of each provider, by method and the last part of the path. */
const orders: Readonly<Record<string, (order: Order) => unknown>> = {
  'GET jobs': ({ provider, query }) => ({ jobs: provider.newestJobs(limitOf(query)) }),
  'POST jobs': ({ provider, body }) => {
    const { count = 1, ...seed } = newJobs.parse(body ?? {});
    return { ids: provider.addJobs(count, seed) };
  },
  'POST faults': ({ provider, body }) => ({ fault: provider.setFault(faultSchema.parse(body)) }),
  'DELETE faults': ({ provider }) => {
    provider.clearFaults();
    return { cleared: true };
  },
  'PUT limits': ({ provider, body }) => {
    provider.setLimits(limitsSchema.parse(body));
    return { limits: body };
  },
  'PUT switches': ({ provider, body }) => {
    provider.configure(switchesSchema.parse(body));
    return { switches: body };
  },
  'GET journal': ({ provider, query }) => ({
    exchanges: provider.journal.slice(-limitOf(query)).map(({ keySeen, ...exchange }) => exchange),
  }),
};

function limitOf(query: URLSearchParams): number {
  return limitSchema.parse(query.get('limit') ?? undefined);
}

/** Starts the server through which a person or a script sets jobs, faults, limits and switches. */
export async function startControl(providers: Controlled, port: number): Promise<Control> {
  const server = await listen(port, (ask) => ({ reply: answer(providers, ask, server.port), delayMs: 0 }));
  return { url: `http://127.0.0.1:${server.port}`, close: server.close };
}

function answer(providers: Controlled, ask: OutgoingRequest, port: number): Decision['reply'] {
  const { path } = parseTarget(ask.target);
  if (ask.method === 'GET' && path === '/') {
    return { kind: 'send', status: 200, headers: plain, text: controlHelp(`http://127.0.0.1:${port}`) };
  }
  const { status, body } = carryOut(providers, ask);
  return { kind: 'send', status, headers: json, text: `${JSON.stringify(body, null, 2)}\n` };
}

const plain = { 'content-type': 'text/plain; charset=utf-8' };
const json = { 'content-type': 'application/json' };

function carryOut(providers: Controlled, ask: OutgoingRequest): Outcome {
  try {
    return obey(providers, ask);
  } catch (error) {
    if (error instanceof z.ZodError) return refusal(400, z.prettifyError(error));
    if (error instanceof SyntaxError) return refusal(400, 'The body must be JSON.');
    return refusal(409, error instanceof Error ? error.message : 'It did not work.');
  }
}

function obey(providers: Controlled, ask: OutgoingRequest): Outcome {
  const { path, query } = parseTarget(ask.target);
  const [, name = '', thing = '', ...more] = path.split('/');
  if (ask.method === 'POST' && path === '/reset') {
    for (const each of Object.values(providers)) each.reset();
    return { status: 200, body: { reset: true } };
  }
  const provider = Object.hasOwn(providers, name) ? providers[name] : undefined;
  if (provider === undefined)
    return refusal(404, `The path must start with ${names(providers)}, or be /reset.`);
  const order = `${ask.method} ${thing}`;
  const act = Object.hasOwn(orders, order) && more.length === 0 ? orders[order] : undefined;
  if (act === undefined) return refusal(404, `Of ${name} can be asked: ${Object.keys(orders).join(', ')}.`);
  const body: unknown = ask.text === '' ? undefined : JSON.parse(ask.text);
  return { status: 200, body: act({ provider, query, body }) };
}

function names(providers: Controlled): string {
  return Object.keys(providers)
    .map((name) => `/${name}/`)
    .join(', ');
}

function refusal(status: number, message: string): Outcome {
  return { status, body: { error: message, help: 'GET / shows what can be asked.' } };
}
