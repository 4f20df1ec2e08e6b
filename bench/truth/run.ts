import { setTimeout as wait } from 'node:timers/promises';
import type { PretendProvider } from '../../sandbox/sandbox.ts';
import { semaphore } from '../../test/support/time/semaphore.ts';
import { type OpenProvider, openOnSocket } from '../../test/support/truth/one-provider.ts';
import type { TruthCase } from './cases.ts';
import type { Account, Contestant, OpenContestant } from './contestant.ts';
import { type Claim, type Score, scoreOf } from './score.ts';

/** After so long an answer counts as lost, in ms. */
const deadlineMs = 60_000;
/** So much later a contestant is given up that does not heed its deadline. */
const graceMs = 1_000;
/** A job that finishes during its cancel, and that no cancel reaches, finishes after so long. */
const finishesInMs = 3_000;
/** How long a cancel that took effect may take to end a job, at most, in ms. */
const settlesWithinMs = 2_000;

/** What a contestant said in a case, and what it was worth. */
export interface Result {
  readonly truthCase: TruthCase;
  readonly claims: readonly Claim[];
  readonly scores: readonly Score[];
  readonly truths: readonly string[];
}

type OpenTwin = Pick<OpenProvider, 'provider' | 'close'>;

/** A twin for one case. Hugging Face's client takes no key of another form. */
async function openTwin({ provider: name }: TruthCase): Promise<OpenTwin> {
  const twin = await openOnSocket(name);
  if (name === 'hugging-face') twin.provider.setKey('hf_sandbox');
  return twin;
}

/** Runs the cases that a contestant can be asked, each at a twin of its own on 127.0.0.1. */
export async function runContestant(contestant: Contestant, cases: readonly TruthCase[]): Promise<Result[]> {
  const { providers, atOnce } = contestant;
  const wanted = cases.filter(({ provider }) => providers?.includes(provider) ?? true);
  const places = new Map<string, OpenTwin>();
  for (const truthCase of wanted) places.set(truthCase.id, await openTwin(truthCase));
  const accounts = new Map(
    wanted.map(({ id, provider }): [string, Account] => {
      const { baseUrl = '', apiKey = '' } = places.get(id)?.provider ?? {};
      return [id, { provider, baseUrl, apiKey }];
    }),
  );
  const open = await contestant.open(accounts);
  const [quick, slow] = [semaphore(atOnce.quick), semaphore(atOnce.slow)];
  try {
    return await Promise.all(
      wanted.map((truthCase) =>
        (truthCase.isSlow ? slow : quick)(async () => {
          const twin = places.get(truthCase.id);
          if (twin === undefined) throw new Error(`there is no twin for ${truthCase.id}`);
          return runCase(open, truthCase, twin);
        }),
      ),
    );
  } finally {
    await open.close();
    await Promise.all([...places.values()].map(({ close }) => close()));
  }
}

async function runCase(
  contestant: OpenContestant,
  truthCase: TruthCase,
  { provider, close }: OpenTwin,
): Promise<Result> {
  const ids = prepare(provider, truthCase);
  const claims = await ask(contestant, truthCase.id, ids);
  const truths = await Promise.all(ids.map((id) => finalState(provider, id)));
  await close();
  const scores = claims.map((claim, index) => scoreOf(claim, truths[index] ?? 'queued'));
  return { truthCase, claims, scores, truths };
}

/** Adds the jobs of a case, and sets its fault. */
function prepare(provider: PretendProvider, { jobs, moment, fault }: TruthCase): string[] {
  provider.setFault(fault);
  if (moment === 'finishing during')
    provider.setFault({ kind: 'finishes_in_the_middle', operations: ['cancel', 'cancelMany'] });
  const during = moment === 'finishing during' ? { finishesInMs } : {};
  const state = moment === 'finished before' ? 'completed' : 'running';
  return provider.addJobs(jobs, { state, ...during });
}

async function ask(
  contestant: OpenContestant,
  name: string,
  ids: readonly string[],
): Promise<readonly Claim[]> {
  const nothing = ids.map((): Claim => 'nothing');
  const signal = AbortSignal.timeout(deadlineMs);
  const leaving = new AbortController();
  const late = wait(deadlineMs + graceMs, nothing, { signal: leaving.signal }).catch(() => nothing);
  const said = contestant.ask({ name, ids, signal }).catch(() => nothing);
  const claims = await Promise.race([said, late]);
  leaving.abort();
  return claims;
}

/** The state of a job once a cancel that is under way has ended it. */
async function finalState(
  provider: PretendProvider,
  id: string,
): Promise<string & Parameters<typeof scoreOf>[1]> {
  for (let waitedMs = 0; waitedMs < settlesWithinMs; waitedMs += 50) {
    const state = provider.job(id)?.state;
    if (state !== 'cancelling') return state ?? 'queued';
    await wait(50);
  }
  return 'cancelling';
}
