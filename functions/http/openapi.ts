import * as z from 'zod';
import { bulkResultSchema } from '../../shared/cancellation/cancel-jobs.ts';
import { findResultSchema } from '../../shared/cancellation/find.ts';
import { jobSchema } from '../../shared/cancellation/look.ts';
import { providerSchema } from '../../shared/cancellation/providers.ts';
import { cancelJobBody, cancelJobsRequest, findRequest } from '../../shared/cancellation/requests.ts';
import { codes, outcomeSchema, outcomes } from '../../shared/outcome.ts';
import { version } from '../../shared/version.ts';
import { problemSchema, problems } from './problem.ts';

/** The OpenAPI 3.1 document of the HTTP API, generated from the schemas that requests are validated with. */
export function openApiDocument(): object {
  document ??= buildDocument();
  return document;
}

let document: object | undefined;

function buildDocument(): object {
  const path = [
    pathParameter('provider', 'A connection'),
    pathParameter('job_id', 'The id the provider gave the job'),
  ];
  return {
    openapi: '3.1.0',
    info: {
      title: 'calloff',
      version,
      description: 'Calls off compute jobs, and says only what the status of the provider says afterwards.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    security: [{ bearer: [] }],
    paths: {
      '/v1/providers/{provider}/jobs/{job_id}/cancel': {
        post: {
          operationId: 'cancelJob',
          summary: 'Cancel one job',
          parameters: path,
          requestBody: { required: false, content: json(input(cancelJobBody)) },
          responses: withProblems(singleOutcomes(), 400, 401, 404, 413, 503),
        },
      },
      '/v1/jobs/cancel': {
        post: {
          operationId: 'cancelJobs',
          summary: 'Cancel many jobs, at any of the providers',
          requestBody: { required: true, content: json(input(cancelJobsRequest)) },
          responses: withProblems(
            {
              200: {
                description: 'One outcome per job, in the order asked',
                content: json(output(bulkResultSchema)),
              },
            },
            ...[400, 401, 404, 413],
          ),
        },
      },
      '/v1/providers/{provider}/jobs/{job_id}': {
        get: {
          operationId: 'lookAtJob',
          summary: 'Look at one job',
          parameters: path,
          responses: withProblems(
            {
              ...singleOutcomes(),
              200: { description: 'The job as its provider shows it', content: json(output(jobSchema)) },
            },
            ...[400, 401, 404, 503],
          ),
        },
      },
      '/v1/jobs': {
        get: {
          operationId: 'findJobs',
          summary: 'Find jobs across providers',
          parameters: queryParameters(),
          responses: withProblems(
            { 200: { description: 'The jobs found', content: json(output(findResultSchema)) } },
            ...[400, 401, 404],
          ),
        },
      },
      '/v1/providers': {
        get: {
          operationId: 'listProviders',
          summary: 'The connections of this installation',
          responses: withProblems(
            {
              200: {
                description: 'Connections, and what each can do',
                content: json(output(z.strictObject({ providers: z.array(providerSchema) }))),
              },
            },
            401,
          ),
        },
      },
      '/healthz': {
        get: {
          operationId: 'health',
          summary: 'Whether the process answers',
          security: [],
          responses: {
            200: {
              description: 'It does',
              content: json(output(z.strictObject({ status: z.literal('ok') }))),
            },
          },
        },
      },
    },
    components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
  };
}

type Responses = Record<number, { readonly description: string; readonly content: object }>;

/** Every HTTP status that a single outcome can have, with the outcomes and codes behind it. */
function singleOutcomes(): Responses {
  const named = [
    ...Object.entries(outcomes).filter(([name]) => name !== 'refused' && name !== 'failed'),
    ...Object.entries(codes),
  ];
  const byStatus = Map.groupBy(named, ([, { status }]) => status);
  return Object.fromEntries(
    [...byStatus].map(([status, names]) => [
      status,
      { description: names.map(([name]) => name).join(', '), content: json(output(outcomeSchema)) },
    ]),
  );
}

/** `responses` with the problems that a caller may be told under these statuses. */
function withProblems(responses: Responses, ...statuses: readonly number[]): Responses {
  const problemContent = { 'application/problem+json': { schema: output(problemSchema) } };
  const added = statuses.map((status) => {
    const titles = Object.values(problems).filter((entry) => entry.status === status);
    const before = responses[status];
    const description = [before?.description, ...titles.map(({ title }) => title)].filter(Boolean).join('. ');
    return [status, { description, content: { ...before?.content, ...problemContent } }] as const;
  });
  return { ...responses, ...Object.fromEntries(added) };
}

function queryParameters(): object[] {
  return Object.entries(findRequest.shape).map(([name, schema]) => {
    const { description, ...rest } = input(schema);
    return { name, in: 'query', required: false, description, schema: rest };
  });
}

function pathParameter(name: string, description: string): object {
  return { name, in: 'path', required: true, description, schema: { type: 'string' } };
}

function json(schema: object): object {
  return { 'application/json': { schema } };
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
