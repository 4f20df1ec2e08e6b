import * as z from 'zod';
import type { ConnectionOptions } from './adapter.ts';
import type { AdapterOption, ProviderFacts } from './provider-facts.ts';

/** The values of an option. */
export function optionSchema({ values, fault }: AdapterOption): z.ZodType<string> {
  return values instanceof RegExp ? z.string().regex(values, fault) : z.enum(values, fault);
}

/** The base URL that a provider documents, for a connection with these options; `undefined` if only the operator knows it. */
export function defaultBaseUrlOf(
  { defaultBaseUrl }: ProviderFacts,
  options: ConnectionOptions,
): string | undefined {
  return defaultBaseUrl?.replaceAll(/\{(\w+)\}/g, (_, name: string) => options[name] ?? '');
}

/** What an option decides, without the marks of a document. */
export function plainMeaning({ meaning }: Pick<AdapterOption, 'meaning'>): string {
  return meaning.replaceAll('`', '');
}
