import { describe, expect, it } from 'vitest';
import { variablesOf } from '../../sandbox/providers/index.ts';
import { adapterFor } from '../../shared/adapter/provider.ts';
import { providerIds } from '../../shared/contract/provider-ids.ts';
import { noListFinding, noListMessage } from '../../shared/messages/findings/no-list.ts';
import { providerFacts } from '../../shared/providers/facts.ts';
import { providers } from '../../shared/providers/registry.ts';

/** The options of a provider that have no default, and the others, each with a value. */
function optionsOf(id: (typeof providerIds)[number]) {
  const entries = (providerFacts[id].options ?? []).map(
    ({ name, variable, default: otherwise }) =>
      [name, variablesOf[id].options[variable] ?? '', otherwise] as const,
  );
  const pairs = (isNeeded: boolean) =>
    entries
      .filter(([, , otherwise]) => (otherwise === undefined) === isNeeded)
      .map(([name, value]) => [name, value] as const);
  return { needed: Object.fromEntries(pairs(true)), others: pairs(false) };
}

describe('a provider without a list', () => {
  it.each(providerIds)(
    'names the option that would give it one, if there is such an option at %s',
    async (id) => {
      const provider = await providers[id]();
      const { needed, others } = optionsOf(id);
      const bare = adapterFor(provider, needed);
      const giving = others
        .filter(([name, value]) => adapterFor(provider, { ...needed, [name]: value }).list !== undefined)
        .map(([name]) => name);
      expect(bare.listedBy).toBe(bare.list === undefined ? giving[0] : undefined);
    },
  );

  it('says what to set instead', async () => {
    const adapter = adapterFor(await providers['aws-batch'](), { region: 'eu-central-1' });
    const step =
      'or set AWS_BATCH_JOB_QUEUE, or job_queue in the configuration file: the job queue whose jobs are listed, by its name or its ARN.';
    expect(noListFinding(adapter)).toBe(
      `AWS Batch does not list its jobs without job_queue. Name them by their ids, ${step}`,
    );
    expect(noListMessage(adapter, 'night')).toBe(
      `AWS Batch does not list its jobs without job_queue, so calloff cannot tell which jobs of night there are. Cancel or check them by their ids, ${step}`,
    );
  });
});
