import { version } from '../../shared/lib/version.ts';
import { bodyExamples, sharedExamples } from './openapi/examples.ts';
import { headers } from './openapi/headers.ts';
import { operationSchemas } from './openapi/operation-schemas.ts';
import { operationTexts, tags } from './openapi/operations.ts';
import { parametersOf } from './openapi/parameters.ts';
import { probes } from './openapi/probes.ts';
import { answersOf, jsonOf } from './openapi/responses.ts';
import { namedSchemas, referenceTo } from './openapi/schemas.ts';
import type { Route } from './route.ts';
import { routes } from './routes.ts';

/** The OpenAPI 3.1 document of the HTTP API, rendered from the table of routes. */
export function openApiDocument(): object {
  document ??= render();
  return document;
}

let document: object | undefined;

const bearer = {
  type: 'http',
  scheme: 'bearer',
  description: 'The token of a caller, or CALLOFF_TOKEN of an installation without callers.',
};

function render(): object {
  return {
    openapi: '3.1.0',
    info: {
      title: 'calloff',
      version,
      description:
        "Cancels compute jobs, and never reports a job as cancelled unless the provider's status says so.",
      license: { name: 'MIT', url: 'https://opensource.org/license/mit' },
    },
    // Relative to where the document is, which may be below the prefix of a proxy or the stage of an API Gateway.
    servers: [{ url: '.', description: 'The installation that serves this document' }],
    tags,
    security: [{ bearer: [] }],
    paths: { ...renderPaths(), ...probes },
    components: {
      securitySchemes: { bearer },
      schemas: namedSchemas(),
      headers,
      examples: sharedExamples,
    },
  };
}

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
  const { operation, summary, input, bodyIsOptional = false } = route;
  const { tag, description } = operationTexts[operation];
  const { request } = operationSchemas[operation];
  return {
    operationId: operation,
    tags: [tag],
    summary,
    description,
    security: [{ bearer: [] }],
    parameters: parametersOf(route),
    ...(request !== undefined &&
      input === 'body' && {
        requestBody: {
          required: !bodyIsOptional,
          content: jsonOf(referenceTo(request), bodyExamples[operation]),
        },
      }),
    responses: answersOf(route),
  };
}
