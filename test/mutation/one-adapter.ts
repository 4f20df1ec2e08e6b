import { expect, inject, test } from 'vitest';
import { adapterFor } from '../../shared/adapter/provider.ts';
import { laws } from '../../shared/laws/laws.ts';
import { agreements } from '../contract/agreement.ts';

/** The adapter that is changed: its laws are a fourteenth of those in test/contract/laws.test.ts, and load no other adapter. */
const { CALLOFF_MUTATION_ADAPTER: id = '' } = process.env;
const name = id.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
/** A mutant that acts while the adapter is loaded has an adapter loaded for it alone, which costs less than a new thread. */
const own = inject('mutantActivation') === 'static' ? `?mutant=${inject('activeMutant')}` : '';
const root = `${import.meta.dirname}/../..`;
const [{ [name]: provider }, { [name]: fixtures }, { [name]: twin }] = await Promise.all([
  import(/* @vite-ignore */ `${root}/shared/providers/${id}.ts${own}`),
  import(/* @vite-ignore */ `${root}/test/fixtures/${id}.ts`),
  import(/* @vite-ignore */ `${root}/sandbox/providers/${id}.ts`),
]);
const adapterNow = () => adapterFor(provider, fixtures.options ?? {});

for (const { name: agreement, check } of agreements) {
  test(agreement, () => {
    expect(check({ id, adapter: adapterNow(), fixtures, twin })).toEqual([]);
  });
}

for (const { name: law, check } of laws) {
  test(law, async () => {
    expect(await check(adapterNow(), fixtures)).toEqual([]);
  });
}
