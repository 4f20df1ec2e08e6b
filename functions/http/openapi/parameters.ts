import * as z from 'zod';
import type { Route } from '../route.ts';
import { operationExamples } from './operation-examples.ts';
import { operationSchemas } from './operation-schemas.ts';
import { confirmationExample, job_id, provider } from './outcome-examples.ts';

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

/** What parameters of a query mean whose schemas leave it to their names. */
const queryDescriptions: Readonly<Record<string, string>> = {
  connection: 'Requests at this connection',
  limit: 'The most entries to return',
};

const examples: Readonly<Record<string, string | number | boolean>> = {
  ...{ provider, job_id, confirmation_id: confirmationExample.id, operation_id: operationExamples.draft.id },
  ...{ page: 1, limit: 100, check: true, reads: false, cursor: 'W251bGwsMF0' },
  ...{ state: 'running', older_than: '2h', newer_than: '1d', name: 'nightly' },
  ...{ owner: 'ada', target: 'main', label: 'team=ml', outcome: 'failed' },
  ...{ caller: 'ada', connection: provider, job: job_id, operation: operationExamples.draft.id },
  ...{ since: '2026-05-03T00:00:00Z', until: '2026-05-04T00:00:00Z' },
  ...{ 'Idempotency-Key': 'sweep-2026-05-03', 'If-None-Match': '"gTmXsSQr1OgQVlU4ZqG6mw"' },
};

/** The parameters of a route as OpenAPI writes them: those of its path, its query and its headers. */
export function parametersOf(route: Route): object[] {
  const { path, input, operation } = route;
  const { request } = operationSchemas[operation];
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  const inQuery = request !== undefined && input === 'query' ? Object.entries(request.shape) : [];
  return [
    ...names.map(pathParameter),
    ...inQuery.map(([name, schema]) => queryParameter(name, schema)),
    ...headerParameters(route),
  ];
}

function pathParameter(name: string): object {
  const { [name]: description } = pathParameters;
  const { [name]: schema = { type: 'string' } } = pathSchemas;
  return { name, in: 'path', required: true, description, schema, example: examples[name] };
}

function queryParameter(name: string, schema: z.ZodType): object {
  const {
    $schema: _,
    description = queryDescriptions[name],
    ...rest
  } = z.toJSONSchema(schema, { io: 'input' });
  return { name, in: 'query', required: false, description, schema: rest, example: examples[name] };
}

function headerParameters({ isIdempotent, background, hasEtag }: Route): object[] {
  const names = [
    ...(isIdempotent || background ? (['Idempotency-Key'] as const) : []),
    ...(hasEtag ? (['If-None-Match'] as const) : []),
  ];
  return names.map((name) => ({
    ...{ name, in: 'header', required: false, description: headers[name] },
    ...{ schema: { type: 'string' }, example: examples[name] },
  }));
}

const headers = {
  'Idempotency-Key':
    'Any text of up to 200 visible characters. The same request with the same key finds the operation again',
  'If-None-Match': 'The ETag of the answer that you have',
};
