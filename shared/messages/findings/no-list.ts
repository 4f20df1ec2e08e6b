import type { ProviderAdapter } from '../../adapter/adapter.ts';
import { plainMeaning } from '../../adapter/options.ts';
import type { Code } from '../../contract/outcome.ts';

/** What sentences about a missing list need to know of an adapter. */
type Unlisted = Pick<ProviderAdapter, 'displayName' | 'listedBy' | 'options'>;

/** Says that calloff cannot find the jobs of a provider by itself, and how it can be stopped even so. */
export function noListMessage(adapter: Unlisted, connection: string): string {
  const { why, step } = noListReason(adapter);
  const what = `${why}, so calloff cannot tell which jobs of ${connection} there are.`;
  return `${what} Cancel or check them by their ids${step === undefined ? '' : `, or ${step}`}.`;
}

/** The same for an operator who checks the set-up. */
export function noListFinding(adapter: Unlisted): string {
  const { why, step } = noListReason(adapter);
  return `${why}. Name them by their ids${step === undefined ? '' : `, or ${step}`}.`;
}

/** Why there is no list, as a clause, and what would give one. */
function noListReason({ displayName, listedBy, options = [] }: Unlisted) {
  const option = options.find(({ name }) => name === listedBy);
  if (option === undefined) return { why: `${displayName} does not list its jobs` };
  const { name, variable } = option;
  return {
    why: `${displayName} does not list its jobs without ${name}`,
    step: `set ${variable}, or ${name} in the configuration file: ${plainMeaning(option)}`,
  };
}

/** Says that a list could not be read, with what that may mean and what to do. `status`: of the HTTP response. */
export function unreadListFinding(code: Code, status: number): string {
  if (code === 'denied_by_provider')
    return `The provider does not let this key list jobs (HTTP ${status}). Give it that right, or use another key.`;
  if (code === 'provider_unavailable')
    return `The provider failed to answer (HTTP ${status}). Check its status page, then try again.`;
  return `The adapter could not read the list (HTTP ${status}). Check the base URL; if it is right, the provider answers differently from its documentation.`;
}
