import { randomBytes, randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createToken } from '../../shared/access/api-token.ts';
import { foreignFault, foreignSecretFault } from '../../shared/config/placeholder.ts';
import { parseKey, parsePepper, parseSigningSecret, parseToken } from '../../shared/config/values.ts';

const placeholder = 'is a placeholder that was never filled in';
const quotes = 'has quotes around it; remove them';
const scheme = 'begins with a word such as Bearer or Key, which is not part of it; remove that word';

const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,30}$/);
/** The ways in which hosts, shells, templates and people write where a value is to be put. */
const placeholders: readonly ((name: string) => string)[] = [
  (option) => `\u0024{${option}}`,
  (option) => `\u0024{env:${option}}`,
  (option) => `\u0024{input:${option}}`,
  (option) => `\u0024{{ secrets.${option} }}`,
  (option) => `{{${option}}}`,
  (option) => `{{ ${option} }}`,
  (option) => `\u0024(${option})`,
  (option) => `\u0024${option}`,
  (option) => `%${option}%`,
  (option) => `<${option}>`,
  (option) => `<your ${option} here>`,
  (option) => `[${option}]`,
];
const standIns: readonly ((name: string) => string)[] = [
  (option) => `YOUR_${option}`,
  (option) => `your-${option}-key`,
  (option) => `paste-${option}-here`,
];

describe('text about a value', () => {
  test('is told from the value, and never shown', () => {
    fc.assert(
      fc.property(name, fc.constantFrom(...placeholders), (option, write) => {
        expect(foreignFault(` ${write(option)}\n`)).toBe(placeholder);
        expect(foreignSecretFault(write(option))).toBe(placeholder);
      }),
    );
    fc.assert(
      fc.property(name, fc.constantFrom(...standIns), (option, write) => {
        expect(foreignSecretFault(write(option))).toBe(placeholder);
      }),
    );
  });

  test.each([
    'xxx',
    'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx',
    '***',
    '...',
    '\u2026',
    'sk-...',
    'sk-xxxxxxxx',
    'sk_\u2026',
  ])('may be %j, where a secret belongs', (text) => {
    expect(foreignSecretFault(text)).toBe(placeholder);
  });

  test.each(['changeme', 'CHANGE_ME', 'replace-me', 'null', 'undefined', 'None', 'TODO'])(
    'may be the word %s, where a secret belongs',
    (word) => {
      expect(foreignSecretFault(word)).toBe(placeholder);
    },
  );

  test.each(['"', "'", '`'])('may be the quotes %s of a file of variables around it', (quote) => {
    fc.assert(
      fc.property(name, (key) => {
        expect(foreignFault(`${quote}${key}${quote}`)).toBe(quotes);
      }),
    );
  });

  test.each([
    'Bearer',
    'bearer',
    'Key',
    'Token',
    'Basic',
    'ApiKey',
    'api-key',
    'Authorization:',
    'x-api-key:',
  ])('may be the word %s of a header before it', (word) => {
    expect(foreignSecretFault(`${word} ${randomUUID()}`)).toBe(scheme);
  });
});

/** Keys as the providers, and everybody else, make them. */
const keys = fc.oneof(
  fc.uuid(),
  fc.stringMatching(/^[0-9a-f]{32}$/),
  fc.stringMatching(/^sk[-_][A-Za-z0-9]{20,48}$/),
  fc.stringMatching(/^[A-Za-z0-9+/]{42}[A-Za-z0-9]=$/),
  fc.stringMatching(/^eyJ[A-Za-z0-9_-]{20}\.[A-Za-z0-9_-]{20}\.[A-Za-z0-9_-]{20}$/),
);

describe('a value', () => {
  test('is a key as providers make them', () => {
    fc.assert(
      fc.property(keys, (key) => {
        expect(parseKey(key)).toEqual({ ok: true, value: key });
      }),
      { numRuns: 1_000 },
    );
  });

  test('is a secret as this project makes them, and as openssl does', () => {
    for (let each = 0; each < 200; each += 1) {
      const { token } = createToken();
      expect(parseToken(token)).toEqual({ ok: true, value: token });
      for (const encoding of ['base64', 'base64url', 'hex'] as const) {
        const secret = randomBytes(32).toString(encoding);
        for (const parse of [parseToken, parsePepper])
          expect(parse(secret)).toEqual({ ok: true, value: secret });
      }
      const signing = randomBytes(16).toString('hex');
      expect(parseSigningSecret(signing)).toEqual({ ok: true, value: signing });
    }
  });

  test('is a token of one repeated letter that a person chose', () => {
    for (const text of ['p'.repeat(40), 'a'.repeat(16)])
      expect([foreignFault(text), foreignSecretFault(text)]).toEqual([undefined, undefined]);
  });

  test('is a path or a word that other variables take', () => {
    for (const text of ['/data/put-here', 'none', '/srv/your-team', 'https://your-host.example', 'calloff/'])
      expect(foreignFault(text)).toBeUndefined();
  });
});

test.each([parseKey, parseToken, parsePepper, parseSigningSecret])(
  '%s takes no text about a value, however long it is: it could be guessed',
  (read) => {
    const option = 'THE_SECRET_OF_THIS_INSTALLATION_FROM_THE_ENVIRONMENT';
    for (const write of [...placeholders, ...standIns])
      expect(read(write(option))).toMatchObject({ ok: false });
    for (const quote of ['"', "'"]) expect(read(`${quote}${option}${quote}`)).toMatchObject({ ok: false });
    expect(read('x'.repeat(40))).toMatchObject({ ok: false });
  },
);

describe('a key that is JSON', () => {
  const key = { accessKeyId: 'AKIDOURS', secretAccessKey: 'a+b/c' };

  test.each([JSON.stringify(key), JSON.stringify(key, null, 2), ` ${JSON.stringify(key)}\n`])(
    'may be written as %j',
    (text) => {
      expect(parseKey(text)).toEqual({ ok: true, value: JSON.stringify(key) });
    },
  );

  test.each(['{', '{"a": 1', '{ secret }', '{"a":"\u00e4"}'])('is not %j', (text) => {
    expect(parseKey(text).ok).toBe(false);
  });
});
