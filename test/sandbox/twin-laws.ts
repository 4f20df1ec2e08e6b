import type { JobState } from '../../sandbox/jobs/job.ts';
import type { PretendProvider } from '../../sandbox/sandbox.ts';
import type { TwinFacts } from '../../sandbox/twin/provider-model.ts';
import { type Answered, askerOf, pass, requestOf } from './support.ts';

/** A twin that runs, and what is true of it. */
export interface RunningTwin {
  readonly facts: TwinFacts;
  readonly provider: PretendProvider;
}

/** Something that holds for every twin. `check` gives the violations found, and starts with a twin that is empty. */
export interface TwinLaw {
  readonly name: string;
  check(twin: RunningTwin): Promise<readonly string[]>;
}

const states: readonly JobState[] = ['queued', 'running', 'cancelled', 'completed', 'failed'];
const finalStates = ['completed', 'failed', 'cancelled'] as const;
const unknownId = '617a1f8b-59d4-435d-aa33-695433d7155e';
const otherId = '617a1f8b-59d4-435d-aa33-695433d7155f';
const settlesInMs = 60;

/** What the tests of a law say to a twin. */
function talkTo({ facts, provider }: RunningTwin) {
  const ask = askerOf(facts, provider);
  const cancel = (id: string, more = {}) => ask(requestOf(facts, 'cancel', id), more);
  const look = (id: string, more = {}) => ask(requestOf(facts, 'status', id), more);
  const seen = async (id: string) => {
    await look(id);
    return provider.journal.at(-1)?.served[id];
  };
  return { ask, cancel, look, seen, list: () => ask(requestOf(facts, 'list', '')) };
}

/** A violation, unless what is the case is as it should be. */
function unless(isSo: boolean, violation: string): string[] {
  return isSo ? [] : [violation];
}

function isSuccess({ status }: Answered): boolean {
  return status >= 200 && status < 300;
}

async function livesBelowItsBase({ facts, provider }: RunningTwin): Promise<string[]> {
  const { hostname, pathname } = new URL(provider.baseUrl);
  const [first] = facts.basePaths;
  const isBelow = hostname === '127.0.0.1' && pathname.replace(/\/$/, '') === first;
  return unless(isBelow, `its base URL is ${provider.baseUrl}`);
}

async function makesIds({ facts, provider }: RunningTwin): Promise<string[]> {
  const ids = provider.addJobs(20);
  return [
    ...unless(new Set(ids).size === ids.length, 'an id comes twice'),
    ...ids.filter((id) => !/^[A-Za-z0-9][A-Za-z0-9._~:-]{0,199}$/.test(id)).map((id) => `the id ${id}`),
    ...unless(
      new Set([unknownId, otherId, unknownId, otherId].map(facts.idOf)).size === 2,
      'ids are not made from a UUID',
    ),
  ];
}

async function showsStates(twin: RunningTwin): Promise<string[]> {
  const { facts, provider } = twin;
  const { seen } = talkTo(twin);
  const violations: string[] = [];
  for (const state of states) {
    const word = await seen(provider.addJob({ state }));
    const meaning = facts.meanings[word?.toUpperCase() ?? ''];
    violations.push(
      ...unless(
        word === facts.words[state] && meaning === (facts.showsAs?.[state] ?? state),
        `${state} is shown as ${word}`,
      ),
    );
  }
  return violations;
}

async function cancels(twin: RunningTwin): Promise<string[]> {
  const { facts, provider } = twin;
  const { cancel, seen } = talkTo(twin);
  const id = provider.addJob({ state: 'running', settlesInMs });
  const answer = await cancel(id);
  const under = await seen(id);
  const during = provider.job(id)?.state;
  await pass(settlesInMs + 20);
  const after = await seen(id);
  const { effective = [], operation } = provider.journal[0] ?? {};
  return [
    ...unless(isSuccess(answer), `the cancel is answered with ${answer.status}`),
    ...unless(
      operation === 'cancel' && effective.join() === id,
      'the journal does not say that it took effect',
    ),
    ...unless(during === 'cancelling', `the job is ${during} while the cancel settles`),
    ...unless(under === facts.words.cancelling, `the job is shown as ${under} while the cancel settles`),
    ...unless(after === facts.words.cancelled, `the job is shown as ${after} afterwards`),
    ...unless(provider.job(id)?.cancelRequests === 1, 'the cancel is not counted'),
  ];
}

async function leavesWhatIsOver(twin: RunningTwin): Promise<string[]> {
  const { facts, provider } = twin;
  const { cancel, seen } = talkTo(twin);
  const violations: string[] = [];
  for (const state of finalStates) {
    const id = provider.addJob({ state });
    await cancel(id);
    const effective = provider.journal.at(-1)?.effective ?? [];
    const word = await seen(id);
    violations.push(...unless(effective.length === 0, `a cancel of a ${state} job took effect`));
    violations.push(...unless(word === facts.words[state], `a ${state} job is then shown as ${word}`));
  }
  return violations;
}

async function saysYesTwice(twin: RunningTwin): Promise<string[]> {
  const { provider } = twin;
  const { cancel } = talkTo(twin);
  const id = provider.addJob({ state: 'running', settlesInMs: 10_000 });
  await cancel(id);
  await cancel(id);
  const effects = provider.journal.map(({ effective }) => effective.length).join();
  return unless(effects === '1,0', `two cancels took effect ${effects} times`);
}

async function knowsNoOtherJob(twin: RunningTwin): Promise<string[]> {
  const { facts, provider } = twin;
  const { cancel, look, ask } = talkTo(twin);
  const id = facts.idOf(unknownId);
  const answers = { look: await look(id), cancel: await cancel(id) };
  const nowhere = await ask('GET /nowhere');
  return [
    ...unless(
      (facts.missingStatuses ?? [404]).includes(answers.look.status),
      `a look at no job is answered with ${answers.look.status}`,
    ),
    ...unless(answers.look.text !== nowhere.text, 'a job and a path that are not there get the same answer'),
    ...unless(nowhere.status === 404, `a path that is not there is answered with ${nowhere.status}`),
    ...unless(
      provider.journal.every(({ effective, served }) => effective.length + Object.keys(served).length === 0),
      'something is shown or done',
    ),
    ...unless(answers.cancel.json !== undefined, 'the cancel of no job gets no JSON'),
  ];
}

/** Whether the journal has what was sent for the key `stale`: the key itself, or what was made from it. */
function isWhatWasSent({ auth, authorize }: TwinFacts, seen = ''): boolean {
  if (authorize === undefined) return seen === `${auth.prefix}stale`;
  return seen.startsWith(auth.prefix) && !seen.includes('stale');
}

async function wantsItsKey(twin: RunningTwin): Promise<string[]> {
  const { facts, provider } = twin;
  const { cancel, list } = talkTo(twin);
  const id = provider.addJob({ state: 'running' });
  const refused = await cancel(id, { key: 'stale' });
  const { keyAccepted, keySeen } = provider.journal[0] ?? {};
  const [method, path] = requestOf(facts, 'list', '').split(' ');
  const bare = await fetch(provider.baseUrl + path, {
    ...(method !== undefined && { method }),
    headers: { [facts.auth.header]: facts.auth.prefix === '' ? `x${provider.apiKey}` : provider.apiKey },
  });
  const old = provider.apiKey;
  provider.setKey('rotated');
  const rotated = await list();
  const outdated = await askerOf(facts, provider)(requestOf(facts, 'list', ''), { key: old });
  const refusals = facts.badKeyStatus === undefined ? [401, 403] : [facts.badKeyStatus];
  return [
    ...unless(refusals.includes(refused.status), `a wrong key is answered with ${refused.status}`),
    ...unless(refused.json !== undefined, 'a wrong key gets no JSON'),
    ...unless(provider.job(id)?.cancelRequests === 0, 'a wrong key cancels'),
    ...unless(keyAccepted === false && isWhatWasSent(facts, keySeen), 'the journal lies about a key'),
    ...unless(
      bare.status === refused.status,
      `a key that is not behind its prefix is answered with ${bare.status}`,
    ),
    ...unless(isSuccess(rotated), `a new key is answered with ${rotated.status}`),
    ...unless(outdated.status === refused.status, `an old key is answered with ${outdated.status}`),
  ];
}

async function knowsItsMethods(twin: RunningTwin): Promise<string[]> {
  const { facts, provider } = twin;
  const { ask } = talkTo(twin);
  const [, path] = requestOf(facts, 'cancel', provider.addJob({ state: 'running' })).split(' ');
  const answer = await ask(`OPTIONS ${path}`);
  return [
    ...unless(
      [404, 405].includes(answer.status),
      `a method it does not have is answered with ${answer.status}`,
    ),
    ...unless(answer.status === 404 || answer.headers.has('allow'), 'a 405 does not say what is allowed'),
    ...unless(
      provider.journal.every(({ effective }) => effective.length === 0),
      'something is done',
    ),
  ];
}

async function namesItsContent(twin: RunningTwin): Promise<string[]> {
  const { facts, provider } = twin;
  const { ask, look, list } = talkTo(twin);
  const answers = [await look(provider.addJob()), await list(), await ask('GET /nowhere')];
  return answers
    .map(({ headers }) => headers.get('content-type'))
    .filter((type) => type !== facts.contentType)
    .map((type) => `an answer is of the type ${type}`);
}

async function listsNewestFirst(twin: RunningTwin): Promise<string[]> {
  const { facts, provider } = twin;
  const { list } = talkTo(twin);
  const old = provider.addJob({ state: 'completed', createdAt: new Date(Date.now() - 60_000) });
  const ids = [...provider.addJobs(3, { state: 'cancelled' }).toReversed(), old];
  await list();
  const { operation, served = {} } = provider.journal.at(-1) ?? {};
  const { cancelled, completed } = facts.words;
  return [
    ...unless(operation === 'list', `the journal calls it ${operation}`),
    ...unless(Object.keys(served).join() === ids.join(), 'the jobs are not the newest first, each once'),
    ...unless(
      Object.values(served).join() === [cancelled, cancelled, cancelled, completed].join(),
      `the jobs are shown as ${Object.values(served).join()}`,
    ),
  ];
}

/** What holds for every twin. A law needs a sabotage that it catches: see `twin-laws.test.ts`. */
export const twinLaws = [
  { name: 'lives on this machine, below its base path', check: livesBelowItsBase },
  { name: 'makes ids that fit into a path, each its own', check: makesIds },
  { name: 'shows each state with the word that stands for it', check: showsStates },
  { name: 'cancels a running job, and shows the end when it has settled', check: cancels },
  { name: 'leaves a job that is over as it is', check: leavesWhatIsOver },
  { name: 'lets a cancel take effect once', check: saysYesTwice },
  { name: 'knows no other jobs and no other paths, and tells one from the other', check: knowsNoOtherJob },
  { name: 'wants its key, behind its prefix, and the newest', check: wantsItsKey },
  { name: 'answers no method that it does not have', check: knowsItsMethods },
  { name: 'says of what type its answers are', check: namesItsContent },
  { name: 'lists jobs, the newest first', check: listsNewestFirst },
] as const satisfies readonly TwinLaw[];
export type TwinLawName = (typeof twinLaws)[number]['name'];
