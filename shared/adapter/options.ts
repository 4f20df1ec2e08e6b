import * as z from 'zod';
import type { ConnectionOptions } from './adapter.ts';
import type { AdapterOption, ProviderFacts } from './provider-facts.ts';

/** The values of an option. */
export function optionSchema({ values, fault }: AdapterOption): z.ZodType<string> {
  return values instanceof RegExp ? z.string().regex(values, fault) : z.enum(values, fault);
}

/** The base URL that a provider documents, for a connection with these options; `undefined` if only the operator knows it. */
export function defaultBaseUrlOf(
  { defaultBaseUrl, placedBaseUrls = [] }: ProviderFacts,
  options: ConnectionOptions,
): string | undefined {
  const placed = placedBaseUrls.find(({ option, values }) => values.test(options[option] ?? ''));
  const known = { ...options, ...placed?.values.exec(options[placed.option] ?? '')?.groups };
  const baseUrl = placed?.baseUrl ?? defaultBaseUrl;
  return baseUrl?.replaceAll(/\{(\w+)\}/g, (_, name: string) => known[name] ?? '');
}

/** Every base URL that a provider documents, with the names of what they hold. */
export function documentedBaseUrls({
  defaultBaseUrl,
  placedBaseUrls = [],
}: Pick<ProviderFacts, 'defaultBaseUrl' | 'placedBaseUrls'>): readonly string[] {
  const placed = placedBaseUrls.map(({ baseUrl }) => baseUrl);
  return defaultBaseUrl === undefined ? placed : [defaultBaseUrl, ...placed];
}

/** What an option decides, without the marks of a document. */
export function plainMeaning({ meaning }: Pick<AdapterOption, 'meaning'>): string {
  return meaning.replaceAll('`', '');
}
