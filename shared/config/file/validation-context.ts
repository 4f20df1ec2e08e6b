import * as z from 'zod';
import { factsOf } from '../../adapter/known-providers.ts';
import type { ProviderFacts } from '../../adapter/provider-facts.ts';
import { matches } from '../../lib/wildcard.ts';
import type { EnvironmentDefaults } from '../configuration.ts';
import { baseUrlNeed } from '../environment/deployments.ts';
import { type AdaptersInForce, loadedAdapters } from './adapters-schema.ts';
import type { ReadConnectionKey } from './connection-keys.ts';
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

/** What the values of a file are checked against besides their form: the environment and earlier parts of the file. */
export interface ValidationContext {
  readonly key: ReadConnectionKey;
  readonly webhookSecret: ReadWebhookSecret;
  readonly adapters: AdaptersInForce;
  /** Why a connection at this provider needs a base URL, as the end of a sentence; `undefined` if it can do without. */
  baseUrlNeed(provider: string): string | undefined;
  /** The workspace in the section `slack`. */
  readonly slackTeam: string | undefined;
  hasConnection(pattern: string): boolean;
  /** What is wrong with a job id, or a part of one and wildcards, for the connections that the pattern covers. */
  idFault(id: string, connection: string | undefined): string | undefined;
  /** Whether the same text was not passed before. */
  isFirst(what: string): boolean;
}

const glimpse = () =>
  z.object({
    connections: z.record(z.string(), z.unknown()).optional().catch({}),
    slack: z
      .object({ team_id: z.string().optional().catch(undefined) })
      .optional()
      .catch(undefined),
  });
const glimpseOfConnection = () => z.object({ provider: z.string() });

/** What the values of a document are checked against, as far as that is known before its form is checked. */
export function surroundingsOf(
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
