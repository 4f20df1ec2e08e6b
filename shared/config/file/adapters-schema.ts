import * as z from 'zod';
import type { OwnProviders } from '../../adapter/known-providers.ts';
import { providerIds } from '../../contract/provider-ids.ts';
import { parseJson } from '../../lib/json.ts';
import type { EnvironmentDefaults } from '../configuration.ts';
import { misspeltProvider } from '../environment/provider-names.ts';

/** The files that `adapters` may name here, and the providers that were read from them. */
export interface AdaptersInForce {
  readonly own?: OwnProviders | undefined;
  /** Why there may be none, as the end of a sentence that begins with the key. */
  readonly fault?: string;
  /** Set if the providers of the files are not known: then a connection may have any. */
  readonly areUnknown?: true;
}

/** Those that this process has read at its start. */
export function loadedAdapters({ own }: EnvironmentDefaults): AdaptersInForce {
  return { own };
}

/** For Lambda, whose bundle is all that runs there. */
export const noAdaptersInLambda: AdaptersInForce = {
  fault:
    'is not allowed in Lambda, which runs no code beside its bundle. Take it out, or run "calloff serve" where the files are',
};

/** For the published form of the file. */
export const anyAdapters: AdaptersInForce = { areUnknown: true };

/** The form of an adapter's file as `adapters` names it. */
const adapterPath = /^[^\0]+\.(mjs|ts)$/;

const glimpse = z.object({ adapters: z.array(z.string()) });

/** The files that the text of a configuration names; none if it is not readable so far. */
export function adaptersIn(text: string): readonly string[] {
  return glimpse.safeParse(parseJson(text)).data?.adapters ?? [];
}

/** The key `adapters` of the configuration file. */
export function adaptersSchema({ fault }: AdaptersInForce) {
  return z
    .array(z.string().regex(adapterPath, 'must be the path of a file that ends in .mjs or .ts'))
    .refine(() => fault === undefined, fault)
    .describe(
      'Files with adapters of your own, which calloff runs with all its rights; a relative path starts in the folder of this file. Read once, at the start',
    );
}

/** The provider of a connection: one of calloff, or of an own adapter. */
export function connectionProviderSchema({ own, areUnknown }: AdaptersInForce): z.ZodType<string> {
  const ids = [...providerIds, ...(own?.keys() ?? [])];
  const known = z.enum(ids, {
    error: ({ input }) => (typeof input === 'string' ? misspeltProvider(input, ids) : undefined),
  });
  const schema = areUnknown ? z.union([z.enum(providerIds), z.string().regex(ownProviderId)]) : known;
  return schema.describe('The provider, or the id of an own adapter');
}

/** The form of the id of an own adapter. */
export const ownProviderId = /^[a-z][a-z0-9-]{0,39}$/;
