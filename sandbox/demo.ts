import { createHash } from 'node:crypto';
import type { JobSeed } from './job-seed.ts';
import type { PretendProvider } from './pretend-provider.ts';

type State = NonNullable<JobSeed['state']>;

/** Name, state, age in minutes, and what else there is to say. */
type Row = readonly [name: string, state: State, ageMinutes: number, more?: JobSeed];

const minutes = (count: number) => count * 60_000;
const ends = (inMinutes: number) => ({ finishesInMs: minutes(inMinutes) });
const runs = (from: number, to: number) => ({ startsInMs: minutes(from), finishesInMs: minutes(to) });
const rows = (rowsQueued: number, rowsRunning: number, rowsDone: number) => ({
  rowsQueued,
  rowsRunning,
  rowsDone,
  rowsFinishInMs: 15_000,
});
const settles = { settlesInMs: 1000 };

const ionq: readonly Row[] = [
  ['VQE ansatz sweep, H2O', 'running', 14, ends(45)],
  ['VQE ansatz sweep, LiH', 'queued', 13, runs(30, 60)],
  ['QAOA max-cut, 20 qubits', 'queued', 9, { word: 'submitted', ...runs(20, 40) }],
  ['Bell state check', 'running', 3, ends(2)],
  ['GHZ fidelity, nightly', 'completed', 400],
  ['GHZ fidelity, nightly', 'completed', 1840],
  ['Randomised benchmarking', 'failed', 95],
  ['Grover search, wrong oracle', 'cancelled', 60],
  ['Phase estimation, 12 bits', 'queued', 6],
  ['Error mitigation trial', 'running', 31, ends(180)],
];

const promptloop: readonly Row[] = [
  ['Classify support tickets, Q3', 'running', 22, { ...rows(1800, 12, 640), ...ends(90) }],
  ['Enrich leads, trade fair', 'running', 48, { ...rows(210, 8, 782), ...ends(20) }],
  ['Review sentiment, German', 'running', 11, { ...rows(40, 10, 450), ...ends(4) }],
  ['Summarise supplier contracts', 'queued', 5, { ...rows(320, 0, 0), ...runs(10, 50) }],
  ['Address clean-up', 'queued', 1, { ...rows(77, 0, 0), ...runs(3, 9) }],
  ['Company descriptions, refresh', 'queued', 2, rows(5000, 0, 0)],
  ['Website tone check', 'completed', 180, rows(0, 0, 95)],
  ['Product tags, spring catalogue', 'completed', 2900, rows(0, 0, 1400)],
  ['Competitor prices', 'cancelled', 75, rows(60, 0, 40)],
  ['Job titles to departments', 'failed', 1500, rows(12, 0, 3)],
];

/** Ionworks shows no names; these are for who reads this file. */
const ionworks: readonly Row[] = [
  ['NMC811 cycle ageing', 'running', 35, { ...ends(120), ...settles }],
  ['LFP fast charge', 'running', 7, { ...ends(15), ...settles }],
  ['Thermal sweep, repaired', 'running', 40, { ...ends(200), ...settles }],
  ['Half-cell data fit', 'queued', 4, runs(12, 80)],
  ['Half-cell data fit, second electrode', 'queued', 4, { word: 'waiting', ...runs(30, 90) }],
  ['Calendar ageing, 24 months', 'queued', 2],
  ['Drive cycle validation', 'completed', 210],
  ['Drive cycle validation, cold', 'completed', 1300],
  ['Electrode thickness optimum', 'failed', 640],
  ['Thermal sweep', 'cancelled', 44],
];

const sutro: readonly Row[] = [
  ['Synthetic interviews, batch 7', 'running', 18, { ...ends(70), ...settles }],
  ['Synthetic interviews, batch 8', 'queued', 17, runs(70, 140)],
  ['Embeddings for the help centre', 'running', 2, { word: 'STARTING', ...ends(25) }],
  ['Toxicity labels', 'cancelling', 26, { settlesInMs: minutes(2) }],
  ['Forgotten experiment', 'running', 4300, settles],
  ['Customer support batch', 'queued', 3, runs(5, 30)],
  ['Paper abstracts to JSON', 'completed', 500],
  ['Paper abstracts to JSON, retry', 'completed', 470],
  ['Translate manuals, FR', 'failed', 130],
  ['Translate manuals, ES', 'cancelled', 128],
];

const demo = { ionq, promptloop, ionworks, sutro } as const;

type Addable = Pick<PretendProvider, 'addJob'>;

/** Fills the four with forty jobs in every state, created minutes to days ago, that go on from there. */
export function seedDemo(providers: { readonly [name in keyof typeof demo]: Addable }): void {
  addAll(providers.ionq, demo.ionq, (index) => uuidOf(`ionq ${index}`));
  addAll(providers.promptloop, demo.promptloop, (index) => uuidOf(`promptloop ${index}`));
  addAll(providers.ionworks, demo.ionworks, (index) => uuidOf(`ionworks ${index}`));
  addAll(providers.sutro, demo.sutro, (index) => `job-${uuidOf(`sutro ${index}`)}`);
}

function addAll(provider: Addable, jobs: readonly Row[], idOf: (index: number) => string): void {
  for (const [index, [name, state, ageMinutes, more]] of jobs.entries()) {
    const createdAt = new Date(Date.now() - minutes(ageMinutes));
    provider.addJob({ id: idOf(index), name, state, createdAt, ...more });
  }
}

/** The same id at every start, so that what was written down of a job can be tried again. */
function uuidOf(text: string): string {
  const digits = createHash('sha256').update(text).digest('hex');
  const group = (from: number, to: number) => digits.slice(from, to);
  return `${group(0, 8)}-${group(8, 12)}-4${group(13, 16)}-a${group(17, 20)}-${group(20, 32)}`;
}
