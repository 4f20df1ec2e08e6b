import * as z from 'zod';
import { codes, outcomes } from '../../shared/contract/outcome.ts';
import { version } from '../../shared/lib/version.ts';
import { headerParameters, pathParameter } from './openapi-parameters.ts';
import { problemSchema, problems } from './problem.ts';
import type { Route, Success } from './route.ts';
import { routes } from './routes.ts';

/** The OpenAPI 3.1 document of the HTTP API, rendered from the table of routes. */
export function openApiDocument(): object {
  document ??= render();
  return document;
}

let document: object | undefined;

function render(): object {
  return {
    openapi: '3.1.0',
    info: {
      title: 'calloff',
      version,
      description:
        "Cancels compute jobs, and never reports a job as cancelled unless the provider's status says so.",
      license: { name: 'MIT', identifier: 'MIT' },
    },
    security: [{ bearer: [] }],
    paths: { ...renderPaths(), '/healthz': { get: health } },
    components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
  };
}

const health = {
  operationId: 'health',
  summary: 'Check that the process answers',
  security: [],
  responses: {
    200: {
      description: 'The process answers',
      content: json(output(z.strictObject({ status: z.literal('ok') }))),
    },
  },
};

function renderPaths(): Record<string, object> {
  const byPath = Map.groupBy(routes, ({ path }) => path);
  return Object.fromEntries(
    [...byPath].map(([path, methods]) => [
      path,
      Object.fromEntries(methods.map((route) => [route.method.toLowerCase(), renderRoute(route)])),
    ]),
  );
}

function renderRoute(route: Route): object {
  const { operation, summary, path, input: source, request, bodyIsOptional = false } = route;
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => pathParameter(name));
  const inQuery = request !== undefined && source === 'query' ? queryParameters(request) : [];
  const body = { required: !bodyIsOptional, content: request && json(input(request), route.example) };
  return {
    operationId: operation,
    summary,
    parameters: [...inPath, ...inQuery, ...headerParameters(route)],
    ...(request !== undefined && source === 'body' && { requestBody: body }),
    responses: renderResponses(route),
  };
}

type Responses = Record<number, { readonly description: string; readonly content: object }>;

function renderResponses({ success, background, outcome, hasEtag, problems: statuses }: Route): Responses {
  const responses = {
    ...(outcome && singleOutcomes(outcome)),
    ...(success && renderSuccess(success)),
    ...(background && renderSuccess(background.success)),
    ...(hasEtag && { 304: { description: 'The answer has not changed', content: {} } }),
  };
  return withProblems(responses, statuses);
}

function renderSuccess({ status = 200, description, schema, example }: Success): Responses {
  return { [status]: { description, content: json(output(schema), example) } };
}

/** Every HTTP status of a single outcome, with its outcomes and codes. */
function singleOutcomes(schema: z.ZodType): Responses {
  const named = [
    ...Object.entries(outcomes).filter(([name]) => name !== 'refused' && name !== 'failed'),
    ...Object.entries(codes),
  ];
  const byStatus = Map.groupBy(named, ([, { status }]) => status);
  return Object.fromEntries(
    [...byStatus].map(([status, names]) => [
      status,
      { description: names.map(([name]) => name).join(', '), content: json(output(schema)) },
    ]),
  );
}

/** `responses` with the problems that have these statuses. */
function withProblems(responses: Responses, statuses: readonly number[]): Responses {
  const problemContent = { 'application/problem+json': { schema: output(problemSchema) } };
  const added = statuses.map((status) => {
    const titles = Object.values(problems).filter((entry) => entry.status === status);
    const before = responses[status];
    const description = [before?.description, ...titles.map(({ title }) => title)].filter(Boolean).join('. ');
    return [status, { description, content: { ...before?.content, ...problemContent } }] as const;
  });
  return { ...responses, ...Object.fromEntries(added) };
}

function queryParameters({ shape }: z.ZodObject): object[] {
  return Object.entries(shape).map(([name, schema]) => {
    const { description, ...rest } = input(schema);
    return { name, in: 'query', required: false, description, schema: rest };
  });
}

function json(schema: object, example?: object): object {
  return { 'application/json': { schema, ...(example && { example }) } };
}

function input(schema: z.ZodType): Record<string, unknown> {
  return strip(z.toJSONSchema(schema, { io: 'input' }));
}

function output(schema: z.ZodType): Record<string, unknown> {
  return strip(z.toJSONSchema(schema, { io: 'output' }));
}

function strip({ $schema: _, ...schema }: Record<string, unknown>): Record<string, unknown> {
  return schema;
}
