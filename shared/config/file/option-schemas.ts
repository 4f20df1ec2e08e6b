import * as z from 'zod';
import type { ConnectionOptions } from '../../adapter/adapter.ts';
import { optionSchema } from '../../adapter/options.ts';
import type { AdapterOption, ProviderFacts } from '../../adapter/provider-facts.ts';
import { providerFacts } from '../../providers/facts.ts';

/** An option and a provider that has it. */
interface Owner extends Pick<ProviderFacts, 'id' | 'displayName'> {
  readonly option: AdapterOption;
}

function ownersByName(): ReadonlyMap<string, readonly Owner[]> {
  const owners = Object.values(providerFacts).flatMap(({ id, displayName, options = [] }) =>
    options.map((option): Owner => ({ id, displayName, option })),
  );
  return Map.groupBy(owners, ({ option }) => option.name);
}

/** The options that adapters declare, as keys of a connection. {@link optionIssues} says which of them a provider has. */
export function optionSchemas(): Record<string, z.ZodOptional<z.ZodType<string>>> {
  const entries = [...ownersByName()].map(([name, owners]) => {
    const [first, ...others] = owners.map(({ option }) => optionSchema(option));
    const schema = others.length > 0 || first === undefined ? z.string() : first;
    const meanings = owners.map(({ displayName, option }) => `${displayName} only: ${option.meaning}`);
    return [name, schema.optional().describe(meanings.join('. ').replaceAll('`', ''))] as const;
  });
  return Object.fromEntries(entries);
}

/**
 * The faults in the options of a connection: another provider's option, a value that this provider does not take, or none
 * where the provider cannot do without it.
 */
export function optionIssues(connection: {
  readonly provider: ProviderFacts['id'];
  readonly [key: string]: unknown;
}): { readonly path: string[]; readonly message: string }[] {
  return [...ownersByName()].flatMap(([name, owners]) => {
    const { [name]: value } = connection;
    const own = owners.find(({ id }) => id === connection.provider)?.option;
    if (value === undefined) {
      const isMissing = own !== undefined && own.default === undefined;
      return isMissing ? [{ path: [name], message: `is missing: ${own.meaning}` }] : [];
    }
    if (own === undefined) {
      const ids = owners.map(({ id }) => id).join(' and ');
      return [{ path: [name], message: `applies to the provider ${ids} only` }];
    }
    const issues = optionSchema(own).safeParse(value).error?.issues ?? [];
    return issues.map(({ message }) => ({ path: [name], message }));
  });
}

/** The options that are set. */
export function setOptions(options: Readonly<Record<string, string | undefined>>): ConnectionOptions {
  const set = Object.entries(options).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value]],
  );
  return Object.fromEntries(set);
}
