import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { connectionVariables } from '../../shared/config/environment/documented-variables.ts';
import { variables } from '../../shared/config/variables.ts';
import { documents, fences, page } from '../support/documents.ts';

const known = [...connectionVariables, ...Object.values(variables)].map(({ name }) => name);

const processSchema = z.strictObject({
  type: z.literal('stdio').optional(),
  command: z.string(),
  args: z.array(z.string()),
  env: z.record(z.string(), z.string()),
});
const urlSchema = z.strictObject({
  type: z.literal('http'),
  url: z.string(),
  headers: z.record(z.string(), z.string()),
});
const servers = z.strictObject({ calloff: z.union([processSchema, urlSchema]) });
const inputSchema = z.strictObject({
  type: z.literal('promptString'),
  id: z.string(),
  description: z.string(),
  password: z.literal(true),
});
const snippetSchema = z.union([
  z.strictObject({ mcpServers: servers }).transform(({ mcpServers }) => ({ ...mcpServers, inputs: [] })),
  z
    .strictObject({ inputs: z.array(inputSchema), servers })
    .transform(({ inputs, servers }) => ({ ...servers, inputs })),
]);

const registrySchema = z.object({
  packages: z.tuple([
    z.object({
      identifier: z.string(),
      runtimeHint: z.string(),
      packageArguments: z.array(z.object({ value: z.string() })),
    }),
  ]),
});

const clients = page('docs/mcp.md');
const snippets = fences(clients, 'json')
  .filter((text) => /"(mcpServers|servers)"/.test(text))
  .map((text) => snippetSchema.parse(JSON.parse(text)));
const commands = fences(clients, 'sh')
  .flatMap((text) => text.split('\n'))
  .filter((line) => line.startsWith('claude mcp add'));
const [againstServer = '', ofProcess = '', overHttp] = commands;
const processes = snippets.flatMap(({ calloff, inputs }) =>
  'command' in calloff ? [{ ...calloff, inputs: inputs.map(({ id }) => id) }] : [],
);

describe('the snippets in docs/mcp.md', () => {
  it('are there for every client', () => {
    expect(processes).toHaveLength(3);
    expect(snippets).toHaveLength(4);
    expect(commands).toHaveLength(3);
  });

  it('start the server as the registry entry says', () => {
    const { packages } = registrySchema.parse(JSON.parse(readFileSync('server.json', 'utf8')));
    const [entry] = packages;
    const [command, ...args] = [
      ...[entry.runtimeHint, '-y', entry.identifier],
      ...entry.packageArguments.map(({ value }) => value),
    ];
    for (const each of processes) expect(each).toMatchObject({ command, args });
    for (const each of [againstServer, ofProcess])
      expect(each.split(' -- ')[1]).toBe([command, ...args].join(' '));
  });

  it('name variables that the server knows, with placeholders where the keys go', () => {
    const variablesIn = (text: string) => [...text.matchAll(/--env (\w+)=(\S+)/g)].map(([, ...pair]) => pair);
    const said = variablesIn(ofProcess).map(([name = '', value = '']) => ({ name, value, inputs: [''] }));
    const all = processes.flatMap(({ env, inputs }) =>
      Object.entries(env).map(([name, value]) => ({ name, value, inputs })),
    );
    expect(said).toHaveLength(1);
    for (const { name, value, inputs } of [...said, ...all]) {
      expect(known).toContain(name);
      const placeholders = [
        `YOUR_${name.replace('_API_KEY', '_KEY')}`,
        `\u0024{env:${name}}`,
        ...inputs.map((id) => `\u0024{input:${id}}`),
      ];
      expect(placeholders).toContain(value);
    }
    expect(variablesIn(againstServer)).toEqual([
      ['CALLOFF_URL', 'https://calloff.example.org'],
      ['CALLOFF_TOKEN', 'YOUR_CALLOFF_TOKEN'],
    ]);
  });

  it('reach the HTTP server where it listens, with its token as a placeholder', () => {
    const url = 'http://127.0.0.1:8787/mcp';
    const authorization = 'Authorization: Bearer YOUR_CALLOFF_TOKEN';
    expect(overHttp).toBe(`claude mcp add --transport http calloff ${url} --header "${authorization}"`);
    const [name = '', value = ''] = authorization.split(': ');
    expect(snippets.map(({ calloff }) => calloff)).toContainEqual({
      type: 'http',
      url,
      headers: { [name]: value },
    });
  });
});

describe.each([...documents])('the snippets in %s', (_path, document) => {
  it('are JSON wherever they say so', () => {
    for (const text of fences(document, 'json')) expect(() => JSON.parse(text)).not.toThrow();
  });
});
