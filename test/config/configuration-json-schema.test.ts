import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { configurationJsonSchema } from '../../shared/config/configuration-json-schema.ts';
import { mayAll } from '../support/configuration.ts';

const published: object = JSON.parse(readFileSync('calloff.schema.json', 'utf8'));
const validate = new Ajv2020({ formats: { 'date-time': true } }).compile(published);

describe('the published JSON Schema', () => {
  test('is that of what is read; npm run schema writes it', () => {
    expect(published).toEqual(configurationJsonSchema());
  });

  test('accepts the example of the README', () => {
    const [, example = ''] =
      /### Configuration file[\s\S]*?```json\n([\s\S]*?)```/.exec(readFileSync('README.md', 'utf8')) ?? [];
    expect(validate(JSON.parse(example)), JSON.stringify(validate.errors)).toBe(true);
  });

  test.each([
    ['a misspelt section', { caller: {} }],
    ['a misspelt right', { cli: { may: { ...mayAll, max_job: 1 } } }],
    ['a missing right', { cli: { may: { connections: ['*'] } } }],
    ['a connection without a provider', { connections: { ionq: {} } }],
    ['a connection with a name that is none', { connections: { 'a b': { provider: 'ionq' } } }],
    ['a name of invisible characters', { protected_jobs: [{ name: 'a\u200bb' }] }],
  ])('refuses %s', (_what, document) => {
    expect(validate(document)).toBe(false);
  });

  test('describes every section', () => {
    const sections = ['connections', 'callers', 'stdio', 'cli', 'protected_jobs', 'slack'];
    const described = sections.map((name) => [name, { description: expect.any(String) }]);
    expect(published).toMatchObject({ properties: Object.fromEntries(described) });
  });
});
