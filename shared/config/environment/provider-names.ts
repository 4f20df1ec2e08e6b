import { type ProviderId, providerIds } from '../../contract/provider-ids.ts';
import { type Fault, ok, type Result } from '../../contract/result.ts';
import { suggest } from '../../lib/suggest.ts';
import type { ParseValue } from '../values.ts';

/**
 * What is wrong with a name that is nearly that of a provider, as the end of a sentence that begins with its place;
 * `undefined` if it is near none. Only then is it shown: any other text may be a secret.
 */
export function misspeltProvider(name: string, known: readonly string[]): string | undefined {
  const meant = /^[\w-]+$/.test(name) ? suggest(name, known) : undefined;
  return meant === undefined
    ? undefined
    : `has ${name}, which is not a provider: write ${meant} if you mean that`;
}

/** Ids of providers, separated by commas, each at most once. */
export const parseProviders: ParseValue<readonly ProviderId[]> = (text): Result<readonly ProviderId[]> => {
  const names = text.split(',').map((name) => name.trim());
  const faults = names.flatMap((name, index) => faultOf(name, index, names) ?? []);
  if (faults.length > 0)
    return { ok: false, faults: faults.map((message): Fault => ({ path: '', kind: 'invalid', message })) };
  return ok(names.flatMap((name) => providerIds.find((id) => id === name) ?? []));
};

const list = `separate with commas any of ${providerIds.join(', ')}`;

/** What is wrong with the name at this place of a list. */
function faultOf(name: string, index: number, names: readonly string[]): string | undefined {
  const place = names.length === 1 ? 'has a name' : `has, in place ${index + 1} of ${names.length}, a name`;
  if (name === '') return 'has a comma without a name: remove it';
  if (names.indexOf(name) < index) return `names ${isProvider(name) ? name : 'a provider'} twice: remove one`;
  if (isProvider(name)) return undefined;
  const parts = name.split(/[^A-Za-z0-9-]+/);
  if (parts.length > 1 && parts.every(isProvider)) return `must have a comma between ${parts.join(' and ')}`;
  return misspeltProvider(name, providerIds) ?? `${place} that is not a provider's: ${list}`;
}

function isProvider(name: string): boolean {
  return providerIds.some((id) => id === name);
}
