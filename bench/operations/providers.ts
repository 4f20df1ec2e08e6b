import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import type { FaultKind } from '../../sandbox/faults/fault.ts';
import { type PretendProvider, type ProviderName, startSandbox } from '../../sandbox/sandbox.ts';
import { operationOutcomeSchema } from '../../shared/contract/answers/operation-schema.ts';
import { providerIds } from '../../shared/contract/provider-ids.ts';
import { checkOutcomes } from '../../test/support/truth/check-outcomes.ts';
import { answerQuestions } from './child.ts';
import { setFaults } from './faults.ts';
import { byFault, cancelsWithoutLook } from './looks.ts';
import { recordedSchema } from './recorded.ts';

/** The pretend providers in a process of their own: filled, spoiled, and asked at the end what is true. */
const sandbox = await startSandbox({ control: false });
const fillSchema = z.object({
  jobs: z.record(z.enum(providerIds), z.number()),
  seed: z.number(),
  hasFaults: z.boolean(),
});
const judgeSchema = z.object({
  provider: z.enum(providerIds),
  file: z.string(),
  ids: z.array(z.string()),
  recorded: recordedSchema,
});

/** The jobs at which each look meets a fault. */
const faultsAt = new Map<ProviderName, ReadonlyMap<string, FaultKind>>();
/** Every tenth job is over before anybody cancels it. */
const over = ['completed', 'cancelled', 'failed'] as const;

answerQuestions({
  addresses: () =>
    providerIds.map((name) => {
      const { baseUrl, apiKey } = sandbox.providers[name];
      return { name, provider: name, baseUrl, apiKey, options: {} };
    }),
  fill(argument) {
    const { jobs, seed, hasFaults } = fillSchema.parse(argument);
    return providerIds.flatMap((name) => {
      const twin = sandbox.providers[name];
      twin.reset();
      const ids = addJobs(twin, jobs[name]);
      faultsAt.set(name, hasFaults ? setFaults(name, twin, ids, seed) : new Map());
      // As a list shows them.
      return ids.toReversed().map((job_id) => ({ provider: name, job_id }));
    });
  },
  requests: () => providerIds.map((name) => ({ provider: name, ...countsOf(sandbox.providers[name]) })),
  async judge(argument) {
    const { provider, file, ids, recorded } = judgeSchema.parse(argument);
    const text = await readFile(file, 'utf8');
    const outcomes = text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => operationOutcomeSchema.parse(JSON.parse(line)));
    return judge(provider, outcomes, { ids, recordedAt: new Map(recorded) });
  },
});

function addJobs(twin: PretendProvider, count: number): string[] {
  return Array.from({ length: count }, (_, index) =>
    twin.addJob({ state: index % 10 === 0 ? over[(index / 10) % over.length] : 'running' }),
  );
}

function countsOf({ journal }: PretendProvider) {
  const counts: Record<string, number> = {};
  for (const { operation } of journal) counts[operation] = (counts[operation] ?? 0) + 1;
  return { counts, isWhole: journal[0] === undefined || journal[0].sequence === 1 };
}

/** Everything that an operation said of its jobs at a provider, and that is not so. */
function judge(
  provider: ProviderName,
  outcomes: readonly z.infer<typeof operationOutcomeSchema>[],
  { ids, recordedAt }: { readonly ids: readonly string[]; readonly recordedAt: ReadonlyMap<string, number> },
): string[] {
  const twin = sandbox.providers[provider];
  const witness = {
    journal: byFault(twin.journal, faultsAt.get(provider) ?? new Map()),
    job: (id: string) => twin.job(id),
  };
  const asked = ids.map((job_id) => ({ provider, job_id }));
  return [
    // The lists of a later slice show the jobs of this one as well.
    ...checkOutcomes({ asked, outcomes, witnesses: { [provider]: { provider, witness } }, recordedAt }),
    ...cancelsWithoutLook(witness.journal).map(
      (id) => `${provider} ${id}: sent a cancel twice without a look between`,
    ),
  ];
}
