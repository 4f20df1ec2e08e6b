import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { providerFacts } from '../../shared/providers/facts.ts';

const entry = z.object({ name: z.string(), description: z.string() });
const manifest = z.object({ packages: z.array(z.object({ environmentVariables: z.array(entry) })) });
const settings = readFileSync('docs/settings.md', 'utf8');
/** The tables, each with the first cell of its rows. */
const tables = settings
  .split(/\n\n/)
  .filter((part) => part.startsWith('| '))
  .map((part) => part.split('\n').map((row) => row.split(' | ', 1)[0] ?? ''));

/** The names that stand more than once. */
function repeated(names: readonly string[]): string[] {
  return names.filter((name, index) => names.indexOf(name) < index);
}

describe('a variable or an option that two providers share', () => {
  it('is in each table once', () => {
    expect(tables.length).toBeGreaterThan(3);
    expect(tables.flatMap(repeated)).toEqual([]);
    const { packages } = manifest.parse(JSON.parse(readFileSync('server.json', 'utf8')));
    for (const { environmentVariables } of packages)
      expect(repeated(environmentVariables.map(({ name }) => name))).toEqual([]);
  });

  it('names both providers', () => {
    const names = [providerFacts['openai-batch'], providerFacts['openai-fine-tuning']].map(
      ({ displayName }) => displayName,
    );
    const both = names.join(' and ');
    expect(settings).toContain(`| \`OPENAI_API_KEY\` | the key of ${both} |`);
    expect(settings).toContain(`| \`organization\` | ${both} only: `);
    expect(readFileSync('server.json', 'utf8')).toContain(`The API key of ${both};`);
  });
});
