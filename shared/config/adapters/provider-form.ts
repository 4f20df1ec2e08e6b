import * as z from 'zod';
import type { ProviderAdapter } from '../../adapter/adapter.ts';
import type { OwnProvider } from '../../adapter/known-providers.ts';
import { documentedBaseUrls } from '../../adapter/options.ts';
import { type AdapterFactory, adapterFor, type Provider } from '../../adapter/provider.ts';
import { invalid, ok, type Result } from '../../contract/result.ts';
import { isObject } from '../../lib/json.ts';
import { parseBaseUrl } from '../values.ts';
import { adapterFaults } from './adapter-form.ts';

function isAdapter(value: unknown): value is ProviderAdapter {
  return adapterFaults(value).length === 0;
}

const placedForm = z.object({
  place: z.array(z.string().min(1)).min(1),
  adapterAt: z.custom((value) => typeof value === 'function'),
});

function isPlaced(value: unknown): value is AdapterFactory {
  return placedForm.safeParse(value).success;
}

/** Whether an export may be meant as a provider. */
export function looksLikeProvider(value: unknown): boolean {
  return isObject(value) && ('adapterAt' in value || ('cancel' in value && 'status' in value));
}

/** The provider that a file exports, or what is wrong with its form. */
export function readOwnProvider(exported: unknown): Result<OwnProvider> {
  if (isPlaced(exported)) return readPlaced(exported);
  if (isObject(exported) && 'adapterAt' in exported)
    return invalid('', 'must have place, a list of the names of options, and adapterAt, a function');
  return asOwn(exported, isAdapter(exported) ? exported : undefined);
}

/** The facts of a provider with places are the same at each: they are read at one whose parts are their own names. */
function readPlaced(provider: AdapterFactory): Result<OwnProvider> {
  const place = Object.fromEntries(provider.place.map((name) => [name, name]));
  try {
    const facts = adapterFor(provider, place);
    const undeclared = provider.place.filter((name) => !facts.options?.some((each) => each.name === name));
    if (undeclared.length > 0)
      return invalid('options', `must have ${undeclared.join(', ')}, because place has`);
    return asOwn(facts, provider);
  } catch (error) {
    const said = error instanceof Error ? error.name : 'something';
    const sample = JSON.stringify(place);
    return invalid(
      'adapterAt',
      `throws ${said} for ${sample}, where calloff reads what is the same at every place: it must give an adapter for any text`,
    );
  }
}

function asOwn(facts: unknown, provider: Provider | undefined): Result<OwnProvider> {
  if (!isAdapter(facts) || provider === undefined) return { ok: false, faults: [...adapterFaults(facts)] };
  const faults = documentedBaseUrls(facts).flatMap((url) => {
    const parsed = parseBaseUrl(url.replaceAll(/\{\w+\}/g, 'place'));
    const path = url === facts.defaultBaseUrl ? 'defaultBaseUrl' : 'placedBaseUrls';
    return parsed.ok ? [] : parsed.faults.map((fault) => ({ ...fault, path }));
  });
  return faults.length === 0 ? ok({ facts, provider }) : { ok: false, faults };
}
