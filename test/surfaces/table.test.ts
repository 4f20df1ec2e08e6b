import { afterAll, beforeAll, describe, test, vi } from 'vitest';
import type { JobState } from '../../sandbox/jobs/job.ts';
import { twins } from '../../sandbox/providers/index.ts';
import { type Fault, type PretendProvider, type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import type { TwinFacts } from '../../sandbox/twin/provider-model.ts';
import type { Outcome } from '../../shared/contract/answers/outcome-schema.ts';
import { providerIds } from '../../shared/contract/provider-ids.ts';
import { omitUndefined } from '../../shared/lib/collections.ts';
import { connectionTo, missingJobId } from '../support/harness.ts';
import { type Brief, type CancelOne, type OpenSurface, surfaces } from '../support/surfaces/surfaces.ts';
import { cases, runs } from '../support/thorough.ts';

vi.setConfig({ maxConcurrency: 8 });

type Seed = NonNullable<Parameters<Sandbox['providers']['ionq']['addJob']>[0]>;

/** Something that happens between us and a provider, and the one thing that every surface must say about it. */
interface Story {
  readonly name: string;
  /** The job to begin with; `missing` is none. */
  readonly job: Seed | 'missing';
  readonly faults?: readonly Fault[];
  /** Which of the provider's connections is asked; default the good one. */
  readonly connection?: 'wrong-key' | 'no-key' | 'down';
  readonly how?: {
    readonly dry_run?: boolean;
    readonly send_if_status_unknown?: boolean;
    readonly wait_seconds?: number;
  };
  readonly told: { readonly status: number } & Partial<Outcome>;
}

const running: Seed = { state: 'running', settlesInMs: 20 };
const onCancel = { operations: ['cancel'] } as const;
const stories: readonly Story[] = [
  { name: 'accepted', job: running, told: { status: 200, outcome: 'cancelled', state: 'cancelled' } },
  {
    name: 'queued',
    job: { state: 'queued', settlesInMs: 20 },
    told: { status: 200, outcome: 'cancelled', state: 'cancelled' },
  },
  {
    name: 'already completed',
    job: { state: 'completed' },
    told: { status: 200, outcome: 'already_finished', state: 'completed' },
  },
  {
    name: 'already failed',
    job: { state: 'failed' },
    told: { status: 200, outcome: 'already_finished', state: 'failed' },
  },
  {
    name: 'already cancelled',
    job: { state: 'cancelled' },
    told: { status: 200, outcome: 'already_cancelled', state: 'cancelled' },
  },
  {
    name: 'no such job',
    job: 'missing',
    told: { status: 404, outcome: 'not_found', state: 'unknown' },
  },
  {
    name: 'a bad key',
    job: running,
    connection: 'wrong-key',
    told: {
      status: 502,
      outcome: 'failed',
      code: 'credentials_rejected',
      state: 'unknown',
      retryable: false,
    },
  },
  {
    name: 'not configured',
    job: running,
    connection: 'no-key',
    told: { status: 503, outcome: 'failed', code: 'provider_not_configured', state: 'unknown' },
  },
  {
    name: 'unreachable',
    job: running,
    connection: 'down',
    told: { status: 503, outcome: 'failed', code: 'provider_unavailable', retryable: true },
  },
  {
    name: 'down',
    job: running,
    faults: [{ kind: 'status', status: 503 }],
    told: { status: 503, outcome: 'failed', code: 'provider_unavailable', state: 'unknown' },
  },
  {
    name: 'a foreign 404',
    job: running,
    faults: [{ kind: 'foreign_not_found' }],
    told: { status: 502, outcome: 'failed', code: 'unexpected_response' },
  },
  {
    name: 'a redirect',
    job: running,
    faults: [{ kind: 'redirect', status: 307, location: 'http://127.0.0.1:9/' }],
    told: { status: 502, outcome: 'failed', code: 'unexpected_response' },
  },
  {
    name: 'rate limited for long',
    job: running,
    faults: [{ kind: 'rate_limited', retryAfter: { seconds: 3_600 }, ...onCancel }],
    told: { status: 429, outcome: 'failed', code: 'rate_limited', retryable: true, state: 'running' },
  },
  {
    name: 'reply lost, cancelled',
    job: running,
    faults: [{ kind: 'reset_after_effect', ...onCancel }],
    told: { status: 200, outcome: 'cancelled', state: 'cancelled' },
  },
  {
    name: 'reply lost, still running',
    job: running,
    faults: [{ kind: 'reset', ...onCancel }],
    told: { status: 504, outcome: 'unknown', state: 'running', retryable: true },
  },
  {
    name: 'reply lost once, then heard',
    job: running,
    faults: [{ kind: 'status', status: 502, times: 1, ...onCancel }],
    told: { status: 200, outcome: 'cancelled', state: 'cancelled' },
  },
  {
    name: 'says yes, keeps running',
    job: running,
    faults: [{ kind: 'says_yes_keeps_running' }],
    told: { status: 202, outcome: 'cancelling', state: 'running' },
  },
  {
    name: 'finishes in the middle',
    job: running,
    faults: [{ kind: 'finishes_in_the_middle' }],
    told: { status: 200, outcome: 'already_finished', state: 'completed', raced: true },
  },
  {
    name: 'takes long to settle',
    job: { state: 'running', settlesInMs: 60_000 },
    told: { status: 202, outcome: 'cancelling' },
  },
  {
    name: 'a dry run',
    job: running,
    how: { dry_run: true },
    told: { status: 200, outcome: 'would_cancel', state: 'running' },
  },
  {
    name: 'unseen, not sent',
    job: running,
    faults: [{ kind: 'html', status: 502, operations: ['status'] }],
    told: { status: 503, outcome: 'failed', code: 'provider_unavailable', state: 'unknown' },
  },
  {
    name: 'status unknown, sent anyway',
    job: running,
    faults: [{ kind: 'html', status: 502, operations: ['status'] }],
    how: { send_if_status_unknown: true },
    told: { status: 202, outcome: 'cancelling', state: 'unknown' },
  },
];

/** What is wrong with a connection. */
const faulty = {
  good: {},
  'no-key': { apiKey: undefined },
  down: { baseUrl: 'http://127.0.0.1:9' },
} as const;

const everyCase = stories.flatMap((story, index) =>
  providerIds.map((provider, nth) => ({
    story,
    name: story.name,
    provider,
    connection: `${provider}-${index}`,
    // One provider for each story, so that each provider has a story.
    isTold: nth === index % providerIds.length,
  })),
);
type Case = (typeof everyCase)[number];
const told = cases(everyCase, ({ isTold }) => isTold);

/** Every story has accounts of its own, so that a limit met in one holds up no other. */
let sandboxes: readonly Sandbox[];
/** Outside a soak a story is told of one provider, and those of other providers can share its sandbox. */
const sharing = runs(1, providerIds.length);
let open: readonly Opened[];

/** Outside a soak no story is told to a surface in both of its ways: see `waysOf`. */
const isApart = runs(2, 1) === 2;

/** A surface; and a second one of its kind for the other way, so that a 429 in one way holds up no other. */
interface Opened {
  readonly name: string;
  readonly surface: OpenSurface;
  readonly second?: OpenSurface | undefined;
}

beforeAll(async () => {
  const count = Math.ceil(stories.length / sharing);
  sandboxes = await Promise.all(Array.from({ length: count }, () => startSandbox({ control: false })));
  const connections = told.map(({ story, provider, connection }) => {
    const good = placeOf(story, provider);
    if (story.connection === 'wrong-key')
      return connectionTo(provider, { ...good, apiKey: 'a-wrong-key' }, connection);
    return { ...connectionTo(provider, good, connection), ...faulty[story.connection ?? 'good'] };
  });
  const ground = { connections, budgetMs: 10_000 };
  open = await Promise.all(
    surfaces.map(async ({ name, open }) => {
      const surface = await open(ground);
      return { name, surface, second: surface.cancelAmongMany && isApart ? await open(ground) : undefined };
    }),
  );
});
afterAll(async () => {
  await Promise.all(open.flatMap(({ surface, second }) => [surface.close(), second?.close()]));
  await Promise.all(sandboxes.map((sandbox) => sandbox.close()));
});

function placeOf(story: Story, provider: Case['provider']): PretendProvider {
  const sandbox = sandboxes[Math.floor(stories.indexOf(story) / sharing)];
  if (sandbox === undefined) throw new Error('a story without a sandbox');
  return sandbox.providers[provider];
}

/** A way to tell a story to a surface: every surface has one, some have two. */
interface Way {
  readonly name: string;
  readonly tell: (request: CancelOne) => Promise<Brief>;
}

/**
 * The ways in which all of a story can be told: none that has no word for what the caller asks. Outside a soak the first, and
 * of the others every third, by turns: so each has a third of the stories.
 */
function waysOf(story: Story): Way[] {
  const turn = stories.indexOf(story) % 3;
  return cases(allWaysOf(story), (_, index) => index === 0 || index % 3 === turn);
}

function allWaysOf({ how = {} }: Story): Way[] {
  const able = open.filter(({ surface }) => !surface.omits?.some((word) => word in how));
  return able.flatMap(({ name, surface, second = surface }) => [
    { name, tell: (request) => surface.cancel(request) },
    ...(second.cancelAmongMany
      ? [{ name: `${name}, among many`, tell: second.cancelAmongMany.bind(second) }]
      : []),
  ]);
}

/** Lets a story happen to a job of its own, and hears what a surface says. */
async function hear({ story, provider, connection }: Case, { tell }: Way) {
  const there = placeOf(story, provider);
  const job_id = story.job === 'missing' ? missingJobId(provider) : there.addJob(story.job);
  for (const fault of story.faults ?? []) there.setFault({ ...fault, jobIds: [job_id] });
  const { status, outcome } = await tell({ provider: connection, job_id, wait_seconds: 1, ...story.how });
  return { status, ...outcome, identity: outcome.provider === connection && outcome.job_id === job_id };
}
type Heard = Awaited<ReturnType<typeof hear>>;

/** What is told everywhere, also in the shortest answer. */
const always = ['status', 'outcome', 'state', 'code', 'message', 'billing_note', 'next_step'] as const;

/**
 * What must be alike whatever the surface: all but ids, times and amounts, and the owner, which tools leave to lists. The step after an open end is left out too,
 * because tools name a tool in it.
 */
function essence({ evidence, ...told }: Heard): Readonly<Record<string, unknown>> {
  const {
    job_id: _id,
    owner: _owner,
    name,
    details,
    retry_after_seconds: _seconds,
    next_step,
    ...rest
  } = told;
  const isOpen = told.outcome === 'cancelling' || told.outcome === 'unknown';
  return {
    ...rest,
    hasName: name !== undefined,
    hasAge: details?.created_at !== undefined,
    ...(isOpen || next_step === undefined ? {} : { next_step }),
    ...(evidence && { source: evidence.source, provider_status: evidence.provider_status }),
  };
}

/** The part that the shortest answer tells too. */
function briefly(told: Readonly<Record<string, unknown>>) {
  return Object.fromEntries(always.map((key) => [key, told[key]]));
}

/** What is told of a story at a provider, which may have no word for a state. */
function toldAt({ story: { told }, provider }: Case): Story['told'] {
  const facts: TwinFacts = twins[provider];
  const shown: Readonly<Record<string, JobState | undefined>> = facts.showsAs ?? {};
  const state = told.state && (shown[told.state] ?? told.state);
  return { ...told, ...omitUndefined({ state }) };
}

describe.concurrent('every surface tells the same story', () => {
  test.for(told)('$name at $provider', async (each, { expect }) => {
    const answers = await Promise.all(
      waysOf(each.story).map(async (way) => ({ name: way.name, answer: await hear(each, way) })),
    );
    const [first] = answers.map(({ answer }) => essence(answer));
    for (const { name, answer } of answers) {
      const whole = answer.evidence !== undefined;
      const toldHere = toldAt(each);
      const { status, outcome, state, code } = toldHere;
      const expected = whole ? toldHere : { status, outcome, ...omitUndefined({ state, code }) };
      expect(answer, name).toMatchObject({ ...expected, identity: true });
      const said = essence(answer);
      // Every provider shows when a job was created, wherever it shows its state.
      if (whole) expect(answer.details?.created_at !== undefined, name).toBe(answer.state !== 'unknown');
      if (whole) expect(said, name).toEqual(first);
      else expect(briefly(said), name).toEqual(briefly(first ?? {}));
    }
  });
});
