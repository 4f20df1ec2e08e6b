import { setTimeout as wait } from 'node:timers/promises';
import type * as z from 'zod';
import {
  operationOutcomesSchema,
  operationSchema,
} from '../../../shared/contract/answers/operation-schema.ts';
import { claimsOf } from '../../truth/contestants/calloff-answer.ts';
import type { Claim } from '../../truth/score.ts';

/** Where calloff listens, and the header with a token. */
export interface Server {
  readonly url: string;
  readonly authorization: string;
}

/** The most jobs in one request. */
const pageSize = 5_000;
const pollMs = 100;

/** Cancels jobs at one connection: by one call if they fit in it, otherwise by an operation, until each job has ended. */
export async function cancelByCalloff(
  provider: string,
  server: Server,
  ids: readonly string[],
): Promise<readonly Claim[]> {
  const jobs = ids.map((job_id) => ({ provider, job_id }));
  if (ids.length <= pageSize) return claimsOf(await ask(server, 'POST', '/v1/jobs/cancel', { jobs }), ids);
  const { id } = operationSchema.parse(await ask(server, 'POST', '/v1/operations', { draft: true }));
  const path = `/v1/operations/${id}`;
  for (let page = 0; page * pageSize < jobs.length; page += 1)
    await ask(server, 'PUT', `${path}/pages/${page + 1}`, {
      jobs: jobs.slice(page * pageSize, (page + 1) * pageSize),
    });
  await ask(server, 'POST', `${path}/start`);
  while (operationSchema.parse(await ask(server, 'GET', path)).state !== 'finished') await wait(pollMs);
  return claimsOf({ outcomes: await outcomesOf(server, path) }, ids);
}

async function outcomesOf(server: Server, path: string): Promise<readonly object[]> {
  const outcomes: object[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const query: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page: z.infer<typeof operationOutcomesSchema> = operationOutcomesSchema.parse(
      await ask(server, 'GET', `${path}/outcomes?limit=1000${query}`),
    );
    outcomes.push(...page.outcomes);
    cursor = page.next_cursor;
  }
  return outcomes;
}

/** The body of an answer of calloff. Rejects if it says that the request had a fault. */
export async function ask(
  { url, authorization }: Server,
  method: string,
  path: string,
  body?: object,
): Promise<unknown> {
  const headers = { authorization, 'content-type': 'application/json' };
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const response = await fetch(url + path, { method, headers, ...sent });
  const told: unknown = await response.json();
  if (!response.ok && response.status !== 504) throw new Error(`${path}: ${JSON.stringify(told)}`);
  return told;
}
