import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { configurationJsonSchema } from '../../shared/config/file/json-schema.ts';
import { mayAll } from '../support/configuration.ts';
import { page, shownConfigurations } from '../support/documents.ts';

const published: object = JSON.parse(readFileSync('calloff.schema.json', 'utf8'));
const validate = new Ajv2020({ formats: { 'date-time': true } }).compile(published);

const hasProperties = z.object({ properties: z.record(z.string(), z.unknown()) });

describe('the published JSON Schema', () => {
  test('is that of what is read; npm run generate writes it', () => {
    expect(published).toEqual(configurationJsonSchema());
  });

  test.each(Object.entries(shownConfigurations))('accepts the example %s', (_which, example) => {
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

  test('has no key that docs/settings.md and docs/access.md leave out', () => {
    const text = page('docs/settings.md') + page('docs/access.md');
    expect(keysIn(published).length).toBeGreaterThan(30);
    expect(keysIn(published).filter((key) => !new RegExp(`["\`. ]${key}["\`,?}]`).test(text))).toEqual([]);
  });

  test('describes every section', () => {
    const sections = [
      'connections',
      'callers',
      'stdio',
      'cli',
      'protected_jobs',
      'confirmations',
      'slack',
      'webhook',
    ];
    const described = sections.map((name) => [name, { description: expect.any(String) }]);
    expect(published).toMatchObject({ properties: Object.fromEntries(described) });
  });
});

/** The names of all properties in a JSON Schema, at any depth. */
function keysIn(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { properties = {} } = hasProperties.safeParse(schema).data ?? {};
  const own = Object.keys(properties).filter((key) => !key.startsWith('$'));
  return [...own, ...Object.values(schema).flatMap(keysIn)];
}
