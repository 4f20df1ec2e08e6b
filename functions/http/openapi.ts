import * as z from 'zod';
import { jobSchema } from '../../shared/contract/job.ts';
import { codes, outcomeSchema, outcomes } from '../../shared/contract/outcome.ts';
import { cancelJobBody, cancelJobsRequest, findRequest } from '../../shared/contract/requests.ts';
import {
  bulkResultSchema,
  confirmationViewSchema,
  listResultSchema,
  oneResultSchema,
  providerSchema,
} from '../../shared/contract/responses.ts';
import { version } from '../../shared/lib/version.ts';
import { auditRequest, auditResultSchema } from '../../shared/use-cases/read-audit.ts';
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
          responses: withProblems(singleOutcomes(oneResultSchema), 400, 401, 404, 413, 503),
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
            ...[400, 401, 403, 404, 409, 413],
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
              ...singleOutcomes(outcomeSchema),
              200: { description: 'The job as its provider shows it', content: json(output(jobSchema)) },
            },
            ...[400, 401, 403, 404, 429, 503],
          ),
        },
      },
      '/v1/jobs': {
        get: {
          operationId: 'findJobs',
          summary: 'Find jobs across providers',
          parameters: queryParameters(findRequest),
          responses: withProblems(
            { 200: { description: 'The jobs found', content: json(output(listResultSchema)) } },
            ...[400, 401, 403, 404, 429],
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
      '/v1/confirmations/{confirmation_id}': {
        get: confirmation('showConfirmation', 'What somebody asks to have confirmed'),
        post: confirmation('approveConfirmation', 'Let the caller who asked go ahead, once'),
        delete: confirmation('closeConfirmation', 'End a confirmation without a use'),
      },
      '/v1/audit': {
        get: {
          operationId: 'readAudit',
          summary: 'Who asked for what, and what came of it',
          parameters: queryParameters(auditRequest),
          responses: withProblems(
            { 200: { description: 'Entries, the newest first', content: json(output(auditResultSchema)) } },
            ...[400, 401, 403, 429],
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

function confirmation(operationId: string, summary: string): object {
  return {
    operationId,
    summary,
    parameters: [pathParameter('confirmation_id', 'The id that the caller was given')],
    responses: withProblems(
      { 200: { description: 'As it is now', content: json(output(confirmationViewSchema)) } },
      ...[400, 401, 403, 409, 429],
    ),
  };
}

type Responses = Record<number, { readonly description: string; readonly content: object }>;

/** Every HTTP status that a single outcome can have, with the outcomes and codes behind it. */
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

function queryParameters({ shape }: z.ZodObject): object[] {
  return Object.entries(shape).map(([name, schema]) => {
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
