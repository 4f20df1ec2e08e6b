import type { Route } from './route.ts';

const pathParameters: Readonly<Record<string, string>> = {
  provider: 'The name of a connection',
  job_id: 'The id that the provider gave the job',
  confirmation_id: 'The id of the confirmation, as the caller received it',
  operation_id: 'The id of the operation',
  page: 'The number of the page',
};

/** Those that are not text. */
const pathSchemas: Readonly<Record<string, object>> = {
  page: { type: 'integer', minimum: 1, maximum: 1_000 },
};

/** A parameter of a path, as OpenAPI writes it. */
export function pathParameter(name: string): object {
  const { [name]: description } = pathParameters;
  const { [name]: schema = { type: 'string' } } = pathSchemas;
  return { name, in: 'path', required: true, description, schema };
}

/** The headers that a route takes, as OpenAPI writes them. */
export function headerParameters({ isIdempotent, background, hasEtag }: Route): object[] {
  const names = [
    ...(isIdempotent || background ? (['Idempotency-Key'] as const) : []),
    ...(hasEtag ? (['If-None-Match'] as const) : []),
  ];
  return names.map((name) => ({
    ...{ name, in: 'header', required: false, description: headers[name] },
    schema: { type: 'string' },
  }));
}

const headers = {
  'Idempotency-Key':
    'Any text of up to 200 visible characters. The same request with the same key finds the operation again',
  'If-None-Match': 'The ETag of the answer that you have',
};
