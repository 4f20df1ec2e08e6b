import { BatchLog } from '../../shared/cancellation/batch-log.ts';
import { callOff } from '../../shared/cancellation/call-off.ts';
import { conclude } from '../../shared/cancellation/conclude.ts';
import type { Connection } from '../../shared/cancellation/connection.ts';
import { Glances } from '../../shared/cancellation/glances.ts';
import { newJob } from '../../shared/cancellation/job.ts';
import { WaitingLooks } from '../../shared/cancellation/waiting-looks.ts';
import { Accounts } from '../../shared/http/accounts.ts';
import { Line } from '../../shared/http/line.ts';
import type { ProviderResponse } from '../../shared/http/message.ts';
import { SameRequests } from '../../shared/http/same-requests.ts';
import { newTurn } from '../../shared/http/turn.ts';
import type { Outcome } from '../../shared/outcome.ts';
import type { Operation, ProviderAdapter } from '../../shared/providers/provider-adapter.ts';
import { exchangesOf, type ProviderFixtures } from '../fixtures/scenario.ts';
import { canaryKey } from '../support/canary.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { type Law, show, violations } from './law.ts';

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
  let sent = false;
  const { segments } = adapter.cancel.request(jobId, {}).path;
  const fetch: typeof globalThis.fetch = async (input) => {
    const isCancel = String(input).endsWith(segments.join('/'));
    const { status, body } = isCancel ? cancel : sent ? after : before;
    sent ||= isCancel;
    return Response.json(body ?? null, { status });
  };
  const credential = { apiKey: canaryKey, baseUrl: adapter.defaultBaseUrl };
  const credentials = { current: async () => credential, renew: async () => undefined };
  const { id: provider, auth } = adapter;
  const line = new Line<Operation>({
    ...{ provider, auth, credentials, fetch, clock },
    limits: [],
    accounts: new Accounts(clock),
  });
  const glances = new Glances(clock);
  const waiting = {
    sameRequests: new SameRequests(),
    looks: new WaitingLooks(clock),
    batches: new BatchLog(),
  };
  return {
    name: adapter.id,
    adapter,
    options: {},
    line,
    credentials,
    clock,
    learned: {},
    glances,
    ...waiting,
  };
}

/** Calls one job off against a script, and says what the service says. */
async function play(adapter: ProviderAdapter, script: Script, fixtures: ProviderFixtures): Promise<Outcome> {
  const clock = new ManualClock();
  const connection = connect(adapter, script, fixtures, clock);
  const job = newJob(fixtures.jobId);
  const end = clock.now() + 20_000;
  const turn = newTurn('look_before');
  const call = { sendBy: end, answerBy: end, waitMs: 1_000, dryRun: false, sendUnseen: false, turn };
  await clock.until(callOff([job], connection, call));
  return conclude(job, connection, call);
}

async function takesNoAcceptanceForAnEnd(
  adapter: ProviderAdapter,
  fixtures: ProviderFixtures,
): Promise<string[]> {
  const running = Object.entries(fixtures.words).find(([, state]) => state === 'running')?.[0] ?? '';
  const before = { status: 200, body: fixtures.lookBody(running) };
  const answers = exchangesOf(fixtures)
    .filter(([, { operation, reading }]) => operation === 'cancel' && reading.kind === 'accepted')
    .map(([, { response }]) => response);
  const scripts = answers.flatMap((cancel) =>
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

/** The laws that take the service to see. */
export const serviceLaws = [
  {
    name: 'takes an accepted cancel for nothing more, until a look shows the end',
    check: takesNoAcceptanceForAnEnd,
  },
] as const satisfies readonly Law[];
