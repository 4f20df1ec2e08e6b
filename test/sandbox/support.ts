import type { PretendProvider, ProviderName } from '../../sandbox/sandbox.ts';

/** An answer of the sandbox, read whole. */
export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The parsed body, `undefined` where it is no JSON. */
  readonly json: unknown;
}

/** Puts a provider's key into the header the provider wants it in. */
const keyHeader = {
  ionq: (key: string) => ({ authorization: `apiKey ${key}` }),
  promptloop: (key: string) => ({ 'x-api-key': key }),
  ionworks: (key: string) => ({ 'x-api-key': key }),
  sutro: (key: string) => ({ authorization: `Key ${key}` }),
} as const;

/** How each provider cancels one job. */
export const cancelOf = {
  ionq: (id: string) => `PUT /jobs/${id}/status/cancel`,
  promptloop: (id: string) => `POST /v0/batches/${id}/cancel`,
  ionworks: (id: string) => `POST /jobs/${id}/cancel`,
  sutro: (id: string) => `POST /job-cancel/${id}`,
} as const;

/** How each provider looks at one job. */
export const lookOf = {
  ionq: (id: string) => `GET /jobs/${id}`,
  promptloop: (id: string) => `GET /v0.1/batches/${id}`,
  ionworks: (id: string) => `GET /jobs/${id}`,
  sutro: (id: string) => `GET /job-status/${id}`,
} as const;

/** All four names, for tests that hold for each. */
export const names: readonly ProviderName[] = ['ionq', 'promptloop', 'ionworks', 'sutro'];

/** Asks a pretend provider, as `METHOD /path`, with its own key unless another is given. */
export function asker(name: ProviderName, provider: PretendProvider) {
  return async (request: string, more: { body?: unknown; key?: string } = {}): Promise<Answered> => {
    const [method = 'GET', path = '/'] = request.split(' ');
    const response = await fetch(provider.baseUrl + path, {
      method,
      headers: { ...keyHeader[name](more.key ?? provider.apiKey), 'content-type': 'application/json' },
      redirect: 'manual',
      ...(more.body !== undefined && { body: JSON.stringify(more.body) }),
    });
    return read(response);
  };
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
