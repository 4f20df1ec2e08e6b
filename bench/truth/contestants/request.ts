import { twins } from '../../../sandbox/providers/index.ts';
import type { TwinFacts } from '../../../sandbox/twin/provider-model.ts';
import type { Account } from '../contestant.ts';

/** A request about one job, as the provider documents it. */
export interface JobRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** The request by which a provider documents the cancel of a job, by its first method or by the one that is given. */
export function cancelRequest(account: Account, id: string, way?: string): JobRequest {
  return requestFor('cancel', account, id, way);
}

/** The request by which a provider documents the status of a job. */
export function statusRequest(account: Account, id: string): JobRequest {
  return requestFor('status', account, id);
}

function requestFor(
  wanted: 'cancel' | 'status',
  { provider, baseUrl, apiKey }: Account,
  id: string,
  way?: string,
): JobRequest {
  const twin: TwinFacts = twins[provider];
  const route = twin.routes.find(
    ({ operation, method }) => operation === wanted && (way === undefined || method === way),
  );
  if (route === undefined) throw new Error(`${provider} has no route for ${wanted}`);
  const url = new URL(baseUrl + route.path.replace(':id', encodeURIComponent(id)));
  const body = route.bodyOf === undefined ? undefined : JSON.stringify(route.bodyOf(id));
  const headers: Readonly<Record<string, string>> = { 'content-type': 'application/json', ...twin.headers };
  const outgoing = {
    method: route.method,
    target: url.pathname + url.search,
    header: (name: string) => (name === 'host' ? url.host : headers[name]),
    text: body ?? '',
  };
  const own = twin.authorize?.(outgoing, apiKey) ?? { [twin.auth.header]: twin.auth.prefix + apiKey };
  return { url: url.href, method: route.method, headers: { ...headers, ...own }, body };
}
