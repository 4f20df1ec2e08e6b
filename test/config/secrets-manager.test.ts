import { createServer } from 'node:http';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { accessDenied, SecretCache } from '../../shared/config/secrets/cache.ts';
import { credentialFromSecret } from '../../shared/config/secrets/credentials.ts';
import { secretsManager } from '../../shared/config/secrets/secrets-manager.ts';
import type { LogEntry } from '../../shared/lib/log.ts';
import { type SecretsServer, startSecretsServer } from '../support/aws/secrets-server.ts';
import { canaryKey } from '../support/canary.ts';
import { ManualClock } from '../support/time/manual-clock.ts';

let server: SecretsServer;
let logged: LogEntry[];

function read() {
  return secretsManager((entry) => logged.push(entry));
}

beforeEach(async () => {
  server = await startSecretsServer({ 'calloff/ionq': canaryKey });
  logged = [];
  vi.stubEnv('AWS_ENDPOINT_URL_SECRETS_MANAGER', server.url);
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'none');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'none');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await server.close();
});

describe('the real client of Secrets Manager', () => {
  test('reads a secret by its name', async () => {
    expect(await read()('calloff/ionq')).toBe(canaryKey);
    expect(server.requests).toEqual(['calloff/ionq']);
  });

  test('tells a missing secret from one that cannot be read', async () => {
    expect(await read()('calloff/sutro')).toBeUndefined();
    expect(logged).toEqual([]);
  });

  test('rejects where the answer is an error, and logs its name alone', async () => {
    const denied = createServer((_request, response) => {
      response.writeHead(400, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(JSON.stringify({ __type: 'AccessDeniedException', Message: `no access to ${canaryKey}` }));
    });
    await new Promise<void>((resolve) => denied.listen(0, '127.0.0.1', resolve));
    const address = denied.address();
    vi.stubEnv(
      'AWS_ENDPOINT_URL_SECRETS_MANAGER',
      `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    );
    await expect(read()('calloff/ionq')).rejects.toThrow();
    expect(logged).toEqual([{ level: 'error', event: 'secret_unreadable', error: 'AccessDeniedException' }]);
    denied.closeAllConnections();
    denied.close();
  });

  test('tells a secret that the role may not read', async () => {
    server.denyAbsent();
    expect(await read()('calloff/sutro')).toBe(accessDenied);
    expect(logged).toEqual([{ level: 'warn', event: 'secret_denied', error: 'AccessDeniedException' }]);
  });

  test('gives up within a few seconds where no answer comes', { timeout: 10_000 }, async () => {
    server.hang(true);
    const asked = Date.now();
    await expect(read()('calloff/ionq')).rejects.toThrow();
    expect(Date.now() - asked).toBeLessThan(5_000);
    expect(logged).toMatchObject([{ event: 'secret_unreadable' }]);
  });

  test('feeds a credential that follows a rotation', async () => {
    const clock = new ManualClock();
    const cache = new SecretCache({ fetchSecret: read(), clock, maxAgeMs: 300_000 });
    const baseUrl = 'https://api.example.com';
    const source = credentialFromSecret({ name: 'ionq', provider: 'ionq', baseUrl, options: {} }, cache, {
      secretPrefix: 'calloff/',
    });
    expect(await Promise.all([source.current(), source.current()])).toEqual([
      { apiKey: canaryKey, baseUrl },
      { apiKey: canaryKey, baseUrl },
    ]);
    server.set('calloff/ionq', '{"api_key":"new"}');
    await clock.turn(60_000);
    expect(await source.renew({ apiKey: canaryKey, baseUrl })).toEqual({ apiKey: 'new', baseUrl });
    expect(server.requests).toHaveLength(2);
  });
});
