import * as z from 'zod';
import type { AdapterOption, ConnectionOptions } from '../../adapter/adapter.ts';
import type { ProviderId } from '../../contract/provider-ids.ts';
import { adapters } from '../../providers/registry.ts';

/** An option and an adapter that declares it. */
interface Owner {
  readonly id: ProviderId;
  readonly displayName: string;
  readonly option: AdapterOption;
}

function ownersByName(): ReadonlyMap<string, readonly Owner[]> {
  const owners = Object.values(adapters).flatMap(({ id, displayName, options = [] }) =>
    options.map((option): Owner => ({ id, displayName, option })),
  );
  return Map.groupBy(owners, ({ option }) => option.name);
}

/** The options that adapters declare, as keys of a connection. {@link optionIssues} says which of them a provider has. */
export function optionSchemas(): Record<string, z.ZodOptional<z.ZodType<string>>> {
  const entries = [...ownersByName()].map(([name, owners]) => {
    const [first, ...others] = owners.map(({ option }) => option.schema);
    const schema = others.length > 0 || first === undefined ? z.string() : first;
    const meanings = owners.map(({ displayName, option }) => `${displayName} only: ${option.meaning}`);
    return [name, schema.optional().describe(meanings.join('. ').replaceAll('`', ''))] as const;
  });
  return Object.fromEntries(entries);
}

/** The faults in the options of a connection: another provider's option, or a value that this provider does not take. */
export function optionIssues(connection: {
  readonly provider: ProviderId;
  readonly [key: string]: unknown;
}): { readonly path: string[]; readonly message: string }[] {
  return [...ownersByName()].flatMap(([name, owners]) => {
    const value = connection[name];
    if (value === undefined) return [];
    const own = owners.find(({ id }) => id === connection.provider);
    if (own === undefined) {
      const ids = owners.map(({ id }) => id).join(' and ');
      return [{ path: [name], message: `applies to the provider ${ids} only` }];
    }
    const issues = own.option.schema.safeParse(value).error?.issues ?? [];
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
