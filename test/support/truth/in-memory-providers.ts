import type { JobSeed } from '../../../sandbox/jobs/job-seed.ts';
import { startTwins } from '../../../sandbox/providers/index.ts';
import { ionq } from '../../../sandbox/providers/ionq.ts';
import { sutro } from '../../../sandbox/providers/sutro.ts';
import type { Sandbox } from '../../../sandbox/sandbox.ts';
import type { Decision } from '../../../sandbox/twin/handle-request.ts';
import {
  createProvider,
  type PretendProvider,
  type Unconnected,
} from '../../../sandbox/twin/pretend-provider.ts';
import type { ConnectionSettings } from '../../../shared/config/connection-settings.ts';
import { loadSigner } from '../../../shared/http/auth/authorizer.ts';
import type { Clock } from '../../../shared/lib/clock.ts';
import { providers as registry } from '../../../shared/providers/registry.ts';
import { adapters } from '../../fixtures/adapters.ts';

/** A provider of the sandbox without a server, on a clock that is turned by hand: its journal has the wall times of that clock before anybody sets it. */
export type InMemoryProvider = Pick<PretendProvider, 'journal' | 'addJobs' | 'setFault' | 'setLimits'>;

/** Two providers, one that cancels by lists of ids and one that does not, and the wire to them. */
export interface InMemoryProviders {
  readonly ionq: InMemoryProvider;
  readonly sutro: InMemoryProvider;
  readonly connections: readonly ConnectionSettings[];
  readonly fetch: typeof fetch;
}

const apiKey = 'a-key-of-the-providers-in-memory';
/** After so long a client gives a request up that is not answered. */
const patienceMs = 10_000;

type Handle = Unconnected<object>['handle'];

/** Sets the two up, empty. */
export function inMemoryProviders(clock: Clock): InMemoryProviders {
  const time = timeOf(clock);
  const own = {
    ionq: createProvider(ionq, { baseUrl: 'https://ionq.test/v0.4', apiKey, time }),
    sutro: createProvider(sutro, { baseUrl: 'https://sutro.test', apiKey, time }),
  };
  const connections = (['ionq', 'sutro'] as const).map((provider) => {
    const { baseUrl } = own[provider].provider;
    return { name: provider, provider, baseUrl, apiKey, options: {} };
  });
  const handles = { 'ionq.test': own.ionq.handle, 'sutro.test': own.sutro.handle };
  return {
    ionq: settlingAtOnce(own.ionq.provider),
    sutro: settlingAtOnce(own.sutro.provider),
    connections,
    fetch: fetchFrom(handles, clock),
  };
}

/** Every provider of the sandbox in memory, and the `fetch` that leads to them; they are as those that listen are. */
export async function inMemorySandbox(
  clock: Clock,
): Promise<Pick<Sandbox, 'providers'> & { readonly fetch: typeof fetch }> {
  const handles: Record<string, Handle> = {};
  await loadProviders();
  const providers = await startTwins(async (twin, name) => {
    const baseUrl = `https://${name}.test${twin.basePaths[0]}`;
    const terms = { baseUrl, apiKey: `sandbox-${name}-key`, time: timeOf(clock) };
    const { provider, handle } = createProvider(twin, terms);
    handles[`${name}.test`] = handle;
    return provider;
  });
  return { providers, fetch: fetchFrom(handles, clock) };
}

/** Reads what a connection reads when it is opened: a clock that is turned by hand does not wait for files. */
export async function loadProviders(): Promise<void> {
  await Promise.all(Object.values(registry).map((load) => load()));
  await Promise.all(Object.values(adapters).map(({ auth }) => loadSigner(auth)));
}

/** The time as providers have it, whose clocks nobody sets when ours is set. */
function timeOf(clock: Clock): () => number {
  const begun = clock.wallTime() - clock.now();
  return () => begun + clock.now();
}

function settlingAtOnce(provider: PretendProvider): InMemoryProvider {
  const addJobs = (count: number, seed: JobSeed = {}) => provider.addJobs(count, { settlesInMs: 0, ...seed });
  return { ...provider, addJobs };
}

function fetchFrom(handles: Readonly<Record<string, Handle>>, clock: Clock): typeof fetch {
  return async (input, init = {}) => {
    const url = new URL(String(input));
    const handle = handles[url.host];
    if (handle === undefined) throw new TypeError(`there is no host ${url.host}`);
    const headers = new Headers(init.headers);
    const decision = handle({
      method: init.method ?? 'GET',
      target: `${url.pathname}${url.search}`,
      header: (name) => (name === 'host' ? url.host : (headers.get(name) ?? undefined)),
      text: typeof init.body === 'string' ? init.body : '',
    });
    return answerOf(decision, clock);
  };
}

async function answerOf({ reply, delayMs }: Decision, clock: Clock): Promise<Response> {
  const waitMs = reply.kind === 'hang' ? patienceMs : delayMs;
  if (waitMs > 0) await new Promise<void>((resolve) => clock.after(waitMs, resolve));
  if (reply.kind !== 'send') throw new TypeError('the connection is gone');
  // An answer with the status 204 may have no body, not even an empty one.
  return new Response(reply.text || null, { status: reply.status, headers: reply.headers });
}
