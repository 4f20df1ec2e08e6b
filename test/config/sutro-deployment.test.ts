import { describe, expect, it } from 'vitest';
import { keysFromEnvAndFiles } from '../../shared/config/file/connection-keys.ts';
import { readConfiguration } from '../../shared/config/file/read.ts';
import { readSettings } from '../../shared/config/settings.ts';

const urlOf = (environment: Record<string, string>) =>
  readSettings(environment).connections.find(({ name }) => name === 'sutro')?.baseUrl;

describe('the deployment of Sutro', () => {
  it.each([
    ['https://acme.sutro.sh', 'https://acme.sutro.sh/v1'],
    ['https://acme.sutro.sh/', 'https://acme.sutro.sh/v1'],
    ['https://acme.sutro.sh/v1', 'https://acme.sutro.sh/v1'],
    ['https://acme.sutro.sh/v1/', 'https://acme.sutro.sh/v1'],
    ['https://gateway.example.com/sutro/v1', 'https://gateway.example.com/sutro/v1'],
  ])('named %s is asked at %s', (url, base) => {
    expect(urlOf({ SUTRO_API_URL: url })).toBe(base);
  });

  it('is the host of its page, if nothing names another', () => {
    expect(urlOf({})).toBe('https://api.sutro.sh');
  });

  it('takes the whole base URL before it, and refuses two hosts for one key', () => {
    const SUTRO_API_URL = 'https://acme.sutro.sh';
    expect(urlOf({ SUTRO_API_URL, SUTRO_BASE_URL: 'https://acme.sutro.sh/v2' })).toBe(
      'https://acme.sutro.sh/v2',
    );
    expect(() => urlOf({ SUTRO_API_URL, SUTRO_BASE_URL: 'https://api.sutro.sh' })).toThrow(/name two hosts/);
    expect(() => urlOf({ SUTRO_API_URL: 'http://acme.sutro.sh' })).toThrow(
      /SUTRO_API_URL must begin with https/,
    );
  });

  it('has the keys of connections in a file, too, unless they say where they lead', () => {
    const settings = readSettings({ SUTRO_API_URL: 'https://acme.sutro.sh' });
    const connections = {
      sutro: { provider: 'sutro', api_key: 'k' },
      other: { provider: 'sutro', api_key: 'k', base_url: 'https://other.sutro.sh/v1' },
    };
    const read = readConfiguration(JSON.stringify({ connections, callers: {} }), {
      settings,
      key: keysFromEnvAndFiles('.', {}),
    });
    expect(read.connections.map(({ baseUrl }) => baseUrl)).toEqual([
      'https://acme.sutro.sh/v1',
      'https://other.sutro.sh/v1',
    ]);
  });
});
