import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAllowedOrigin } from '../../functions/http/origin.ts';
import { anyUrl } from '../support/any-url.ts';

const local = ['127.0.0.1', 'localhost', '[::1]'];
const host = 'api.example.com';

describe('where any host is welcome', () => {
  it.each([
    ['no page', undefined, true],
    ['a page of this host', 'https://api.example.com', true],
    ['a page of this host without TLS', 'http://api.example.com', true],
    ['another host', 'https://evil.example', false],
    ['another port', 'https://api.example.com:8443', false],
    ['a host that begins alike', 'https://api.example.com.evil.example', false],
    ['a host that ends alike', 'https://evil-api.example.com', false],
    ['a user name of this host', 'https://api.example.com@evil.example', false],
    ['no origin that can be told', 'null', false],
    ['nothing', '', false],
    ['two origins', 'https://api.example.com, https://evil.example', false],
    ['another scheme', 'chrome-extension://api.example.com', false],
  ])('%s: %j', (_who, origin, welcome) => {
    expect(isAllowedOrigin(host, origin, 'any')).toBe(welcome);
  });

  it('lets in no origin but that of the host, whatever is written', () => {
    const alike = fc.constantFrom('https://', 'http://', host, '@', ':', '/', '.', 'null', 'evil.example');
    const origins = fc.oneof(
      anyUrl,
      fc.string(),
      fc.array(alike, { maxLength: 5 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(origins, (origin) => {
        if (isAllowedOrigin(host, origin, 'any')) expect(new URL(origin).host).toBe(host);
        expect(isAllowedOrigin('', origin, 'any')).toBe(false);
      }),
    );
  });
});

describe('where only this machine may ask', () => {
  it.each([
    ['127.0.0.1:8787', undefined, true],
    ['[::1]:8787', undefined, true],
    ['localhost', 'http://localhost:6274', true],
    ['127.0.0.1:8787', 'http://[::1]:3000', true],
    ['evil.example', undefined, false],
    ['evil.example:8787', 'http://evil.example:8787', false],
    ['127.0.0.1:8787', 'https://evil.example', false],
    ['127.0.0.1:8787', 'null', false],
    ['127.0.0.1:8787', 'http://localhost.evil.example', false],
    ['', undefined, false],
  ])('the host %j and the origin %j', (asked, origin, welcome) => {
    expect(isAllowedOrigin(asked, origin, local)).toBe(welcome);
  });

  it('lets in no other name, whatever is written', () => {
    fc.assert(
      fc.property(fc.oneof(anyUrl, fc.string()), (origin) => {
        expect(isAllowedOrigin('127.0.0.1:8787', origin, local)).toBe(
          URL.canParse(origin) && local.includes(new URL(origin).hostname),
        );
      }),
    );
  });
});
