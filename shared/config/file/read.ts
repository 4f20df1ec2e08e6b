import * as z from 'zod';
import { factsOf } from '../../adapter/known-providers.ts';
import type { ProviderFacts } from '../../adapter/provider-facts.ts';
import { ambiguousKeys, isObject, pathOf, withoutByteOrderMark } from '../../lib/json.ts';
import { matches } from '../../lib/wildcard.ts';
import type { Configuration, EnvironmentDefaults } from '../configuration.ts';
import { ConfigurationError } from '../configuration-error.ts';
import { baseUrlNeed } from '../environment/deployments.ts';
import { type AdaptersInForce, loadedAdapters } from './adapters-schema.ts';
import { assembleConfiguration } from './assemble.ts';
import type { ReadConnectionKey } from './connection-keys.ts';
import type { ValidationContext } from './rights-schema.ts';
import { configurationSchema } from './schema.ts';
import { type ReadWebhookSecret, skipWebhookSecret } from './webhook-keys.ts';

/** What the reading of a configuration needs. */
export interface ReadingTerms {
  readonly settings: EnvironmentDefaults;
  readonly key: ReadConnectionKey;
  /** Whether the secret of a connection may have its base URL. */
  readonly inLambda?: boolean;
  /** Default: the secret of the webhook is not read. */
  readonly webhookSecret?: ReadWebhookSecret;
  /** Default: the own adapters are those that the settings have. */
  readonly adapters?: (settings: EnvironmentDefaults) => AdaptersInForce;
}

/**
 * Reads the text of a configuration.
 * @throws {ConfigurationError} naming every fault with its path, and never a value.
 */
export function readConfiguration(text: string, terms: ReadingTerms): Configuration {
  const document = parse(text);
  const result = configurationSchema(surroundingsOf(document, terms)).safeParse(document, { error: wording });
  const faults = [
    ...ambiguousKeys(text).map((path) => `${path} occurs twice, or is not allowed as a name`),
    ...(result.error?.issues ?? []).flatMap(faultsOf),
    ...(isObject(document) && 'connections' in document ? [] : terms.settings.connectionFaults),
  ];
  if (!result.success || faults.length > 0) throw new ConfigurationError(faults);
  return assembleConfiguration(result.data, terms.settings);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(withoutByteOrderMark(text));
  } catch (error) {
    // The rest of the message quotes the text, and so perhaps a key.
    const [place = ''] = /\(line \d+ column \d+\)/.exec(String(error)) ?? [];
    throw new ConfigurationError([`the configuration must be JSON ${place}`.trim()]);
  }
}

type Issue = Pick<z.core.$ZodIssue, 'path' | 'message'> & { readonly keys?: readonly string[] };

function faultsOf(issue: z.core.$ZodIssue): string[] {
  const { path, message }: Issue = issue;
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => `${pathOf([...path, key])} is not a known key`);
  const [inner] = issue.code === 'invalid_key' ? issue.issues : [];
  return [`${pathOf(path) || 'the configuration'} ${inner?.message ?? message}`];
}

/** The sentences for faults that the schema does not word itself. */
function wording(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'invalid_type')
    return issue.input === undefined
      ? 'is missing'
      : `must be ${nouns.get(issue.expected) ?? issue.expected}`;
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.join(', ')}`;
  return undefined;
}

const nouns = new Map([
  ['object', 'an object'],
  ['record', 'an object'],
  ['array', 'a list'],
  ['string', 'a text'],
  ['boolean', 'true or false'],
]);

const glimpse = () =>
  z.object({
    connections: z.record(z.string(), z.unknown()).optional().catch({}),
    slack: z
      .object({ team_id: z.string().optional().catch(undefined) })
      .optional()
      .catch(undefined),
  });
const glimpseOfConnection = () => z.object({ provider: z.string() });

/** What the rest of the document says, as far as that is known before its form is checked. */
function surroundingsOf(
  document: unknown,
  {
    key,
    inLambda = false,
    webhookSecret = skipWebhookSecret,
    adapters = loadedAdapters,
    settings,
  }: ReadingTerms,
): ValidationContext {
  const { connections, slack } = glimpse().safeParse(document).data ?? {};
  const providers = new Map<string, ProviderFacts | undefined>(
    connections === undefined
      ? settings.connections.map(({ name, provider }) => [name, factsOf(provider)])
      : Object.entries(connections).map(([name, entry]) => [
          name,
          factsOf(glimpseOfConnection().safeParse(entry).data?.provider ?? '', settings.own),
        ]),
  );
  const told = new Set<string>();
  return {
    key,
    webhookSecret,
    adapters: adapters(settings),
    baseUrlNeed: (provider) => {
      const facts = factsOf(provider, settings.own);
      return facts && baseUrlNeed(facts, settings.deployments, inLambda);
    },
    slackTeam: slack?.team_id,
    hasConnection: (pattern) => [...providers.keys()].some((name) => matches(pattern, name)),
    idFault: (id, pattern = '*') =>
      idFault(
        id,
        [...providers].filter(([name]) => matches(pattern, name)).map(([, provider]) => provider),
      ),
    isFirst: (what) => !told.has(what) && told.add(what).has(what),
  };
}

/** The fault of an id in a rule that is not written as the provider writes it: the rule would never match and protect nothing. */
function idFault(id: string, providers: readonly (ProviderFacts | undefined)[]): string | undefined {
  if (providers.length === 0 || providers.includes(undefined)) return undefined;
  const forms = providers.flatMap((provider) => (provider && formOf(id, provider)) ?? []);
  if (forms.length === 0) return 'is not a possible job id at these connections';
  // A part that one provider writes differently may be meant for another provider.
  if (id.includes('*') && forms.includes(id)) return undefined;
  const canonical = forms.find((form) => form !== id);
  return canonical === undefined
    ? undefined
    : `must be written as ${canonical}, the form that these connections use`;
}

const sampleUuid = '617a1f8b-59d4-435d-aa33-695433d7155e';

/** An id, or part of one, as the provider writes it; `undefined` if no id of this provider can match. */
function formOf(id: string, { jobId }: ProviderFacts): string | undefined {
  if (!id.includes('*')) return jobId.safeParse(id).data;
  const isUuid = !jobId.safeParse('any').success && jobId.safeParse(sampleUuid).success;
  if (!isUuid) return id;
  const part = id.toLowerCase();
  return /^[0-9a-f*-]+$/.test(part) && part.replaceAll('*', '').length <= sampleUuid.length
    ? part
    : undefined;
}
