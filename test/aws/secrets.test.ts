import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import type { ProviderName } from '../../sandbox/sandbox.ts';
import { notAllowed } from '../support/aws/secrets-server.ts';
import { shownConfigurations } from '../support/documents.ts';
import { casesAt } from '../support/thorough.ts';
import { boss, configureCallers } from './callers-harness.ts';
import { type Asked, httpApiEvent } from './events.ts';
import { token, useLambda } from './lambda-harness.ts';

const harness = useLambda('api');
const one = { authorization: `Bearer ${token}` };

async function ask(asked: Asked) {
  const { status, text } = await harness.invoke(httpApiEvent({ headers: one, ...asked }));
  return { status, body: JSON.parse(text) };
}

const cancel = (provider: ProviderName) => ({
  method: 'POST' as const,
  path: `/v1/providers/${provider}/jobs/${harness.runningJob(provider)}/cancel`,
});
const logged = () => harness.lambda.logLines().map((line) => JSON.parse(line));
const asked = (provider: ProviderName) => harness.sandbox.providers[provider].journal.length;

describe('a secret', () => {
  harness.keepWarm();
  describe('with a key that cannot be read now', unreadable);
  describe('that holds no key', keyless);
  placed();
  lost();
});

function unreadable(): void {
  test.each(casesAt(['ThrottlingException', 'InternalServiceError', 'DecryptionFailure'], 0))(
    'for a %s is told so, may be tried again, and works once the secret can be read',
    async (type) => {
      // A key that was read before stays in force.
      await harness.restart();
      harness.secrets.fail('calloff/ionq', { type, message: 'canary' });
      const request = cancel('ionq');
      const failed = await ask(request);
      expect(failed).toMatchObject({
        status: 503,
        body: {
          outcome: 'failed',
          code: 'provider_unavailable',
          cause: 'secret_unreadable',
          retryable: true,
          message: expect.stringMatching(/calloff could not read the secret with its API key/),
          next_step: expect.stringMatching(
            /^Try again in a few seconds: calloff then reads the secret again\./,
          ),
        },
      });
      const listed = await ask({ path: '/v1/jobs', query: [['provider', 'ionq']] });
      expect(listed.body.unavailable).toMatchObject([{ cause: 'secret_unreadable' }]);
      expect(asked('ionq')).toBe(0);
      harness.secrets.fail('calloff/ionq', undefined);
      harness.forward(5_000);
      expect(await ask(request)).toMatchObject({ status: 200, body: { outcome: 'cancelled' } });
    },
  );

  test('says nothing of one that is not there: that is no key, and no use to try again', async () => {
    harness.secrets.set('calloff/ionq', undefined);
    const { body } = await ask(cancel('ionq'));
    expect(body).toMatchObject({ code: 'provider_not_configured', retryable: false });
    expect(body).not.toHaveProperty('cause');
  });
}

function keyless(): void {
  test.each(
    casesAt(
      [
        ['\u0024{env:SUTRO_API_KEY}', 'is a placeholder that was never filled in'],
        ['YOUR_SUTRO_KEY', 'is a placeholder that was never filled in'],
        ['"canary-key-0123456789"', 'has quotes around it; remove them'],
        ['Key canary-key-0123456789', 'begins with a word such as Bearer or Key'],
        ['{"api_key":"<your key>"}', 'is a placeholder that was never filled in'],
        ['{"apikey":"canary-key-0123456789"}', 'holds neither a key nor JSON {"api_key", "base_url"?}'],
        ['{"api_key":"canary-key","base_url":"nowhere"}', 'has a base_url that must be a URL'],
      ],
      0,
      5,
    ),
  )('but %s is named, with what is wrong, and nothing is sent', async (text, fault) => {
    harness.secrets.set('calloff/sutro', text);
    const { body } = await ask(cancel('sutro'));
    expect(body).toMatchObject({ outcome: 'failed', code: 'provider_not_configured' });
    expect(body.message).toContain(`the secret calloff/sutro in AWS ${fault}`);
    const { body: found } = await ask({ path: '/v1/jobs' });
    expect(found.unavailable).toMatchObject([
      { provider: 'sutro', message: expect.stringContaining(`the secret calloff/sutro in AWS ${fault}`) },
    ]);
    expect(asked('sutro')).toBe(0);
  });

  test.each(
    casesAt(['\u0024{env:CALLOFF_TOKEN}', 'xxxxxxxxxxxxxxxxxxxx', `canary${'-token'.repeat(100)}`], 0),
  )('nor a token, but %s admits no caller, and the log says why', async (text) => {
    harness.secrets.set('calloff/token', text);
    const { status } = await ask({ path: '/v1/providers', headers: { authorization: `Bearer ${text}` } });
    expect(status).toBe(503);
    expect(logged()).toContainEqual(expect.objectContaining({ level: 'ERROR', event: 'token_unusable' }));
  });
}

/** docs/decisions/0010-absent-secrets.md */
describe('where AWS answers that a secret which is not there may not be read', () => {
  test('an installation with one token works', async () => {
    harness.secrets.set('calloff/ionq', undefined);
    harness.secrets.denyAbsent();
    expect((await ask({ path: '/v1/providers' })).status).toBe(200);
    expect(await ask(cancel('sutro'))).toMatchObject({ status: 200, body: { outcome: 'cancelled' } });
    const { body } = await ask(cancel('ionq'));
    expect(body).toMatchObject({ code: 'provider_not_configured', retryable: false });
    expect(body.message).toContain('does not exist, or the role of the function may not read it');
    const selected = await ask({
      ...{ method: 'POST', path: '/v1/jobs/cancel' },
      body: JSON.stringify({ selector: { provider: 'sutro' } }),
    });
    expect(selected.status).toBe(200);
  });

  test('the one token does not come in beside a pepper: there may be a configuration, which it must not outlive', async () => {
    harness.secrets.set('calloff/pepper', 'canary-pepper-of-more-than-32-characters');
    harness.secrets.denyAbsent();
    expect((await ask({ path: '/v1/providers' })).status).toBe(503);
  });

  test('nor if it is unknown whether there is a pepper', async () => {
    harness.secrets.fail('calloff/pepper', { type: 'ThrottlingException', message: 'Rate exceeded' });
    harness.secrets.denyAbsent();
    expect((await ask({ path: '/v1/providers' })).status).toBe(503);
  });

  test.each(
    casesAt(
      [
        'Access to KMS is not allowed',
        'User: x is not authorized to perform: secretsmanager:GetSecretValue on resource: calloff/config with an explicit deny in an identity-based policy',
        'User: x is not authorized to perform: secretsmanager:GetSecretValue on resource: calloff/config because no resource-based policy allows the secretsmanager:GetSecretValue action',
      ],
      1,
    ),
  )('nor where the configuration is there and may not be read: %s', async (message) => {
    harness.secrets.fail('calloff/config', { type: 'AccessDeniedException', message });
    expect((await ask({ path: '/v1/providers' })).status).toBe(503);
  });
});

function lost(): void {
  test('with a configuration that was read stays in force when the role loses its right to it', async () => {
    const callers = configureCallers(harness, { ada: boss });
    harness.secrets.set('calloff/token', token);
    expect((await callers.ask('ada', { path: '/v1/providers' })).status).toBe(200);
    for (const name of ['calloff/config', 'calloff/pepper']) harness.secrets.fail(name, notAllowed(name));
    for (let each = 0; each < 3; each += 1) {
      harness.forward(300_000);
      expect((await callers.ask('ada', { path: '/v1/providers' })).status).toBe(200);
      expect((await ask({ path: '/v1/providers' })).status).toBe(401);
    }
  });
}

function placed(): void {
  test('for a provider with a place, in the configuration that docs/aws.md shows, is read by its name', async () => {
    const shape = z.object({
      connections: z.record(z.string(), z.looseObject({})),
      callers: z.object({ ada: z.custom<typeof boss>((value) => value !== null) }),
    });
    const shown = shape.parse(JSON.parse(shownConfigurations['of a provider with a place on AWS']));
    const { apiKey, baseUrl } = harness.sandbox.providers['github-actions'];
    harness.secrets.set('calloff/github-actions', apiKey);
    const connections = {
      ...shown.connections,
      'github-actions': { ...shown.connections['github-actions'], base_url: baseUrl },
    };
    const callers = configureCallers(harness, shown.callers, { connections });
    expect(await callers.ask('ada', cancel('github-actions'))).toMatchObject({
      status: 200,
      body: { outcome: 'cancelled' },
    });
  });
}
