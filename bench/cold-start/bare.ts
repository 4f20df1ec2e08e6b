import { createHash, timingSafeEqual } from 'node:crypto';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { Hono } from 'hono';
import { handle } from 'hono/aws-lambda';
import * as z from 'zod';

/**
 * The barest handler that does what the API does when no key is configured: it reads the token from Secrets Manager, compares that of
 * the request, parses the body and answers. It has no other route, no callers, policy, audit, limits or providers.
 */
const client = new SecretsManagerClient({});
const bodySchema = z.strictObject({
  wait_seconds: z.number().min(0).max(20).optional(),
  dry_run: z.boolean().optional(),
  reason: z.string().max(200).optional(),
  send_if_status_unknown: z.boolean().optional(),
});
let secret: Promise<string> | undefined;

/** Secrets that it reads at the same time and makes nothing of, to see what each costs: names with a space between them. */
const { BENCH_MORE_SECRETS: more = '' } = process.env;

async function readToken(): Promise<string> {
  const read = (SecretId: string) => client.send(new GetSecretValueCommand({ SecretId }));
  const others = more.split(' ').filter((name) => name !== '');
  const [{ SecretString = '' }] = await Promise.all([
    read('calloff/token'),
    ...others.map((name) => read(name).catch(() => undefined)),
  ]);
  return SecretString;
}

function isSame(one: string, other: string): boolean {
  const [first, second] = [one, other].map((text) => createHash('sha256').update(text).digest());
  return first !== undefined && second !== undefined && timingSafeEqual(first, second);
}

const app = new Hono();
app.post('/v1/providers/:provider/jobs/:job_id/cancel', async (context) => {
  secret ??= readToken();
  const given = context.req.header('authorization') ?? '';
  if (!isSame(given, `Bearer ${await secret}`)) return context.json({ code: 'unauthorized' }, 401);
  const text = await context.req.text();
  const body = bodySchema.safeParse(text === '' ? {} : JSON.parse(text));
  if (!body.success) return context.json({ code: 'invalid_request' }, 400);
  const { provider, job_id } = context.req.param();
  return context.json({ provider, job_id, outcome: 'failed', code: 'provider_not_configured' }, 503);
});

export const handler = handle(app);
