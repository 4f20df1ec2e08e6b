import { adapterFor, type Provider } from '../adapter/provider.ts';
import type { ProviderFixtures } from './fixtures.ts';
import { hints } from './hints.ts';
import { laws } from './laws.ts';
import { placeFaults } from './places.ts';

/** What came out for one law. */
export interface LawVerdict {
  /** What holds for every adapter: the end of a sentence that begins with `it`. */
  readonly law: string;
  /** What the law is for, and what to do if it does not hold. */
  readonly hint: string;
  /** Where it does not hold; none if it does. */
  readonly violations: readonly string[];
}

/** A law as it can be tried on an adapter. */
interface Trial {
  readonly name: string;
  readonly hint: string;
  check(): readonly string[] | Promise<readonly string[]>;
}

/** Tries every law on the adapter of a provider, with its fixtures. An adapter that throws breaks the law. */
export async function tryAdapter(provider: Provider, fixtures: ProviderFixtures): Promise<LawVerdict[]> {
  const judgements: LawVerdict[] = [];
  for (const { name, hint, check } of trialsOf(provider, fixtures))
    judgements.push({ law: name, hint, violations: await violationsOf(check) });
  return judgements;
}

function trialsOf(provider: Provider, fixtures: ProviderFixtures): Trial[] {
  const adapter = adapterFor(provider, fixtures.options ?? {});
  const trials = laws.map(({ name, check }) => ({
    name,
    hint: hints[name],
    check: () => check(adapter, fixtures),
  }));
  if (!('adapterAt' in provider)) return trials;
  const place: Trial = {
    name: 'never leads elsewhere by a place',
    hint: 'An option that goes into a host is one label of it, and one that goes into a path is one segment: tighten its pattern.',
    check: () => placeFaults(provider, fixtures),
  };
  return [...trials, place];
}

async function violationsOf(check: Trial['check']): Promise<readonly string[]> {
  try {
    return await check();
  } catch (error) {
    return [`it threw ${error instanceof Error ? `${error.name}: ${error.message}` : 'something'}`];
  }
}
