import { seedDemo } from '../../../sandbox/demo.ts';
import type { ProviderName } from '../../../sandbox/sandbox.ts';
import { states } from '../../../shared/contract/outcome.ts';
import type { Gateway } from '../../../shared/gateway.ts';
import { accepted, connectionTo, context, gatewayOver, missingJobId } from '../harness.ts';
import { WholeClock } from '../time/manual-clock.ts';
import { inMemorySandbox } from '../truth/in-memory-providers.ts';
import type { ObservedExchange } from './referee.ts';

type Sandbox = Awaited<ReturnType<typeof inMemorySandbox>>;

/**
 * All that calloff and the twin of a provider say to each other when jobs of every kind are listed, looked at and
 * cancelled: running ones, ended ones and missing ones, with the key and with a wrong one.
 */
export async function conversationWith(name: ProviderName): Promise<readonly ObservedExchange[]> {
  const clock = new WholeClock();
  const sandbox = await inMemorySandbox(clock);
  const twin = sandbox.providers[name];
  const { heard, fetch } = recorder(sandbox, new URL(twin.baseUrl).pathname.replace(/\/$/, ''));
  const connectTo = (apiKey: string) =>
    gatewayOver([connectionTo(name, { ...twin, apiKey })], { inMemory: { fetch, clock } });
  await clock.until(talk(connectTo(twin.apiKey), name, sandbox));
  await clock.until(talkInVain(connectTo('a-wrong-key'), name));
  return heard;
}

function recorder(sandbox: Sandbox, basePath: string) {
  const heard: ObservedExchange[] = [];
  const fetch: typeof sandbox.fetch = async (input, init = {}) => {
    const response = await sandbox.fetch(input, init);
    // What a fault made the twin answer is no word of the provider, and a token is made beside its API.
    const isOfApi = new URL(String(input)).pathname.startsWith(`${basePath}/`);
    if (response.status < 500 && isOfApi) heard.push(await observe(input, init, response, basePath));
    return response;
  };
  return { heard, fetch };
}

async function observe(
  input: Parameters<typeof fetch>[0],
  init: RequestInit,
  response: Response,
  basePath: string,
): Promise<ObservedExchange> {
  const { pathname, searchParams } = new URL(String(input));
  return {
    method: init.method ?? 'GET',
    path: pathname.slice(basePath.length),
    query: searchParams,
    headers: new Headers(init.headers),
    sent: String(init.body ?? ''),
    status: response.status,
    contentType: response.headers.get('content-type'),
    answered: await response.clone().text(),
  };
}

/** Jobs in every state, found in every way, then cancelled; once there are too many requests. */
async function talk(gateway: Gateway, provider: ProviderName, { providers }: Sandbox): Promise<void> {
  const twin = providers[provider];
  seedDemo(providers);
  const running = twin.addJob({ state: 'running' });
  const ids = [...twin.newestJobs(20).map(({ id }) => id), missingJobId(provider)];
  const jobs = ids.map((job_id) => ({ provider, job_id }));
  for (const filters of filtersOf(provider)) await gateway.listJobs(filters, context);
  for (const job of jobs) await gateway.getJob(job, context);
  accepted(await gateway.getJobs({ jobs }, context));
  twin.setFault({ kind: 'rate_limited', operations: ['status'], times: 1 });
  await gateway.cancelJob({ provider, job_id: running }, context);
  // Without a status, calloff sends a cancel for what has ended, too.
  twin.setFault({ kind: 'status', status: 500, operations: ['status', 'list'] });
  accepted(await gateway.cancelJobs({ jobs, send_if_status_unknown: true, wait_seconds: 1 }, context));
  twin.clearFaults();
  // More than any page holds.
  twin.addJobs(101);
  accepted(await gateway.listJobs({ provider, limit: 150 }, context));
}

const filtersOf = (provider: ProviderName) => [
  { provider },
  ...states.map((state) => ({ provider, state })),
  ...[{ name: 'sim' }, { owner: 'ada' }, { target: 'main' }, { label: 'team=ml' }, { older_than: '1h' }].map(
    (filter) => ({ provider, ...filter }),
  ),
];

/** With a key that is not the provider's. */
async function talkInVain(gateway: Gateway, provider: ProviderName): Promise<void> {
  const job_id = missingJobId(provider);
  await gateway.listJobs({ provider }, context);
  await gateway.getJobs({ jobs: [{ provider, job_id }] }, context);
  await gateway.cancelJob({ provider, job_id, send_if_status_unknown: true }, context);
}
