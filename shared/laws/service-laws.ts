import type { ProviderAdapter, RequestKind } from '../adapter/adapter.ts';
import type { Outcome } from '../contract/answers/outcome-schema.ts';
import { newHistory } from '../engine/attempt-history.ts';
import { BatchLog } from '../engine/batch-log.ts';
import { cancelInRounds } from '../engine/cancel-rounds.ts';
import { buildOutcome } from '../engine/classify-outcome.ts';
import type { Connection } from '../engine/connection.ts';
import { inspect } from '../engine/inspect.ts';
import { StatusCache } from '../engine/status-cache.ts';
import { WaitingChecks } from '../engine/waiting-checks.ts';
import { loadSigner } from '../http/auth/authorizer.ts';
import { ProviderClient } from '../http/provider-client.ts';
import { Accounts } from '../http/rate-limit/accounts.ts';
import { newTurn } from '../http/rate-limit/turn.ts';
import { SharedRequests } from '../http/shared-requests.ts';
import type { ProviderResponse } from '../http/types.ts';
import { exchangesOf, type ProviderFixtures } from './fixtures.ts';
import { baseUrlOf, type Law, show, violations } from './law.ts';
import { canaryKeyFor } from './parts/canary.ts';
import { ManualClock } from './parts/manual-clock.ts';

/** What a provider answers: to looks before the cancel, to the cancel, and to looks after it. */
interface Script {
  readonly before: ProviderResponse;
  readonly cancel: ProviderResponse;
  readonly after: ProviderResponse;
}

function connect(
  adapter: ProviderAdapter,
  { before, cancel, after }: Script,
  { jobId }: ProviderFixtures,
  clock: ManualClock,
): Connection {
  const { id: provider, auth } = adapter;
  let sent = false;
  const { segments } = adapter.cancel.request(jobId, {}).path;
  const fetch: typeof globalThis.fetch = async (input) => {
    if (auth.kind === 'minted' && String(input) === new URL(auth.url, baseUrlOf(adapter)).href)
      return Response.json({ [auth.token]: 'a-token', [auth.lifetimeSeconds]: 3_600 });
    const isCancel = String(input).endsWith(segments.join('/'));
    const { status, body } = isCancel ? cancel : sent ? after : before;
    sent ||= isCancel;
    return body === undefined ? new Response(null, { status }) : Response.json(body, { status });
  };
  const credential = { apiKey: canaryKeyFor(adapter.auth), baseUrl: baseUrlOf(adapter) };
  const credentials = { current: async () => credential, renew: async () => undefined };
  const client = new ProviderClient<RequestKind>({
    ...{ provider, auth, credentials, fetch, clock },
    limits: [],
    accounts: new Accounts(clock),
  });
  const statusCache = new StatusCache(clock);
  const waiting = {
    sameRequests: new SharedRequests(),
    waitingChecks: new WaitingChecks(clock),
    batchLog: new BatchLog(),
  };
  return {
    name: adapter.id,
    adapter,
    options: {},
    client: client,
    credentials,
    clock,
    learned: {},
    statusCache: statusCache,
    ...waiting,
  };
}

/** Calls one job off against a script, and says what the service says. */
async function play(adapter: ProviderAdapter, script: Script, fixtures: ProviderFixtures): Promise<Outcome> {
  const clock = new ManualClock();
  await loadSigner(adapter.auth);
  const connection = connect(adapter, script, fixtures, clock);
  const job = newHistory(fixtures.jobId);
  const end = clock.now() + 20_000;
  const turn = newTurn('check_before');
  const call = { sendBy: end, answerBy: end, waitMs: 1_000, dryRun: false, sendIfStatusUnknown: false, turn };
  const cancel = async () => {
    await inspect([job], connection, call);
    await cancelInRounds([job], connection, call);
  };
  await clock.until(cancel());
  return buildOutcome(job, connection, call);
}

/** What an accepted cancel is answered with. */
function acceptancesIn(fixtures: ProviderFixtures): ProviderResponse[] {
  return exchangesOf(fixtures)
    .filter(([, { operation, reading }]) => operation === 'cancel' && reading.kind === 'accepted')
    .map(([, { response }]) => response);
}

async function takesNoAcceptanceForAnEnd(
  adapter: ProviderAdapter,
  fixtures: ProviderFixtures,
): Promise<string[]> {
  const running = Object.entries(fixtures.words).find(([, state]) => state === 'running')?.[0] ?? '';
  const before = { status: 200, body: fixtures.lookBody(running) };
  const scripts = acceptancesIn(fixtures).flatMap((cancel) =>
    [before, { status: 503, body: undefined }].map((after) => ({ before, cancel, after })),
  );
  if (scripts.length === 0) return ['no exchange shows an accepted cancel'];
  const outcomes = await Promise.all(scripts.map((script) => play(adapter, script, fixtures)));
  return violations(
    outcomes.map(({ outcome, state, evidence }) =>
      outcome === 'cancelling' && state === 'running'
        ? undefined
        : `an accepted cancel, not seen to have worked: ${outcome}, ${state}, ${show(evidence)}`,
    ),
  );
}

/** What a look at a job that does not exist is answered with, if the fixtures show it. */
function absencesIn(fixtures: ProviderFixtures): ProviderResponse[] {
  return exchangesOf(fixtures)
    .filter(([, { operation, reading }]) => operation === 'status' && reading.kind === 'not_found')
    .map(([, { response }]) => response);
}

/** A provider that forgets a job shows neither that the job ended nor how. */
async function takesNoAbsenceForAnEnd(
  adapter: ProviderAdapter,
  fixtures: ProviderFixtures,
): Promise<string[]> {
  const running = Object.entries(fixtures.words).find(([, state]) => state === 'running')?.[0] ?? '';
  const before = { status: 200, body: fixtures.lookBody(running) };
  const scripts = acceptancesIn(fixtures).flatMap((cancel) =>
    absencesIn(fixtures).map((after) => ({ before, cancel, after })),
  );
  const outcomes = await Promise.all(scripts.map((script) => play(adapter, script, fixtures)));
  return violations(
    outcomes.map(({ outcome, state, gone }) =>
      outcome === 'cancelling' && state === 'unknown' && gone
        ? undefined
        : `a job that is not there after an accepted cancel: ${outcome}, ${state}`,
    ),
  );
}

/** The laws that take the service to see. */
export const serviceLaws = [
  {
    name: 'takes an accepted cancel for nothing more, until a look shows the end',
    check: takesNoAcceptanceForAnEnd,
  },
  {
    name: 'takes the absence of a job after an accepted cancel for no end',
    check: takesNoAbsenceForAnEnd,
  },
] as const satisfies readonly Law[];
