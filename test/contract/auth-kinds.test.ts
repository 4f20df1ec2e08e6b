import { expect, test } from 'vitest';
import type { ProviderAdapter } from '../../shared/adapter/adapter.ts';
import { type Auth, secret } from '../../shared/http/auth/auth.ts';
import { requestLaws } from '../../shared/laws/request-laws.ts';
import { sutro } from '../../shared/providers/sutro.ts';
import { fixtures } from '../fixtures/index.ts';

const kinds: readonly Auth[] = [
  { kind: 'header', header: 'x-api-key', prefix: '' },
  { kind: 'sigv4', service: 'batch', region: 'eu-central-1' },
  {
    kind: 'minted',
    header: 'authorization',
    prefix: 'Bearer ',
    url: 'https://iam.example.com/token',
    form: { apikey: secret },
    token: 'access_token',
    lifetimeSeconds: 'expires_in',
  },
];

test.each(kinds.map((auth) => [auth.kind, auth] as const))(
  'an adapter whose requests carry the key as %s keeps the laws about what leaves',
  async (_kind, auth) => {
    const adapter: ProviderAdapter = { ...sutro, auth };
    for (const { name, check } of requestLaws)
      expect([name, await check(adapter, fixtures.sutro)]).toEqual([name, []]);
  },
);
