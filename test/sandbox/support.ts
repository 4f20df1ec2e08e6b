import { twinNames, twins } from '../../sandbox/providers/index.ts';
import type { PretendProvider, ProviderName } from '../../sandbox/sandbox.ts';
import type { Operation } from '../../sandbox/twin/exchange.ts';
import type { TwinFacts } from '../../sandbox/twin/provider-model.ts';

/** An answer of the sandbox, read whole. */
export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The parsed body, `undefined` where it is no JSON. */
  readonly json: unknown;
}

/** All names, for tests that hold for each. */
export const names = twinNames;

/** How each provider cancels one job. */
export function cancelOf(name: ProviderName, id: string): string {
  return requestOf(twins[name], 'cancel', id);
}

/** How each provider tells the status of one job. */
export function lookOf(name: ProviderName, id: string): string {
  return requestOf(twins[name], 'status', id);
}

/** The first route of a twin for an operation, as `METHOD /path`. */
export function requestOf({ routes }: TwinFacts, operation: Operation, id: string): string {
  const route = routes.find((each) => each.operation === operation);
  if (route === undefined) throw new Error(`the twin has no route for ${operation}`);
  const place = `${route.method} ${route.path.replace(':id', id)}`;
  return route.bodyOf === undefined ? place : `${place} ${id}`;
}

/** Asks a pretend provider, as `METHOD /path`, with its own key unless another is given. */
export function asker(name: ProviderName, provider: PretendProvider) {
  return askerOf(twins[name], provider);
}

/** The same, of any twin. */
export function askerOf(facts: TwinFacts, provider: PretendProvider) {
  return async (request: string, more: { body?: unknown; key?: string } = {}): Promise<Answered> => {
    const [method = 'GET', path = '/', id] = request.split(' ');
    const { body = bodyOf(facts, method, path, id) } = more;
    const text = body === undefined ? '' : JSON.stringify(body);
    const url = new URL(provider.baseUrl + path);
    const headers = { 'content-type': 'application/json', ...facts.headers };
    const outgoing = {
      ...{ method, target: url.pathname + url.search, text },
      header: (name: string) => new Map(Object.entries({ ...headers, host: url.host })).get(name),
    };
    const key = more.key ?? provider.apiKey;
    const own = facts.authorize?.(outgoing, key) ?? { [facts.auth.header]: facts.auth.prefix + key };
    const response = await fetch(url, {
      ...{ method, headers: { ...headers, ...own }, redirect: 'manual' },
      ...(body !== undefined && { body: text }),
    });
    return read(response);
  };
}

/** The body that names a job, where the path does not. */
function bodyOf({ routes }: TwinFacts, method: string, path: string, id = ''): unknown {
  return routes.find((route) => route.method === method && route.path === path)?.bodyOf?.(id);
}

/** Reads an answer whole. */
export async function read(response: Response): Promise<Answered> {
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: parse(text) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Waits for real time to pass. */
export function pass(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
