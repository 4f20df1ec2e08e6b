import * as z from 'zod';
import type { ConnectionOptions } from '../../adapter/adapter.ts';
import { allFacts, type OwnProviders } from '../../adapter/known-providers.ts';
import { optionSchema, plainMeaning } from '../../adapter/options.ts';
import type { AdapterOption, ProviderFacts } from '../../adapter/provider-facts.ts';

/** An option and a provider that has it. */
interface Owner extends Pick<ProviderFacts, 'id' | 'displayName'> {
  readonly option: AdapterOption;
}

function ownersByName(own: OwnProviders | undefined): ReadonlyMap<string, readonly Owner[]> {
  const owners = allFacts(own).flatMap(({ id, displayName, options = [] }) =>
    options.map((option): Owner => ({ id, displayName, option })),
  );
  return Map.groupBy(owners, ({ option }) => option.name);
}

/** The options that adapters declare, as keys of a connection. {@link optionIssues} says which of them a provider has. */
export function optionSchemas(own?: OwnProviders): Record<string, z.ZodOptional<z.ZodType<string>>> {
  const entries = [...ownersByName(own)].map(([name, owners]) => {
    const [first, ...others] = owners.map(({ option }) => optionSchema(option));
    const schema = others.length > 0 || first === undefined ? z.string() : first;
    return [name, schema.optional().describe(meaningsOf(owners).join('. '))] as const;
  });
  return Object.fromEntries(entries);
}

/** What an option decides at its providers; those at which it decides the same are named together. */
function meaningsOf(owners: readonly Owner[]): string[] {
  const byMeaning = Map.groupBy(owners, ({ option }) => plainMeaning(option));
  return [...byMeaning].map(
    ([meaning, those]) => `${those.map(({ displayName }) => displayName).join(' and ')} only: ${meaning}`,
  );
}

/**
 * The faults in the options of a connection: another provider's option, a value that this provider does not take, or none
 * if the provider cannot do without it.
 */
export function optionIssues(
  connection: { readonly provider: string; readonly [key: string]: unknown },
  own?: OwnProviders,
): { readonly path: string[]; readonly message: string }[] {
  return [...ownersByName(own)].flatMap(([name, owners]) => {
    const { [name]: value } = connection;
    const option = owners.find(({ id }) => id === connection.provider)?.option;
    if (value === undefined) {
      const isMissing = option !== undefined && option.default === undefined;
      return isMissing ? [{ path: [name], message: `is missing: it is ${plainMeaning(option)}` }] : [];
    }
    if (option === undefined) {
      const ids = owners.map(({ id }) => id).join(' and ');
      return [{ path: [name], message: `applies to the provider ${ids} only` }];
    }
    const wrong = optionSchema(option).safeParse(value).error?.issues ?? [];
    return wrong.map(({ message }) => ({ path: [name], message }));
  });
}

/** The options that are set. */
export function setOptions(options: Readonly<Record<string, string | undefined>>): ConnectionOptions {
  const set = Object.entries(options).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value]],
  );
  return Object.fromEntries(set);
}
