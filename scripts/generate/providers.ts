import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as z from 'zod';
import type { ProviderAdapter } from '../../shared/adapter/adapter.ts';
import { adapterFor, type Provider as ProviderSource } from '../../shared/adapter/provider.ts';
import type { ProviderFixtures } from '../../test/fixtures/scenario.ts';

/** A provider as its files tell it. */
export interface Provider {
  readonly id: string;
  /** What each of its files exports. */
  readonly name: string;
  readonly adapter: ProviderAdapter;
  readonly twin: z.infer<typeof isTwin>;
  readonly fixtures: ProviderFixtures;
}

/** What else is in the folder of the adapters. */
const sharedFiles: readonly string[] = ['facts', 'registry'];

const isProvider = z.custom<ProviderSource>(
  (value) =>
    z.union([z.object({ id: z.string() }), z.object({ adapterAt: z.function() })]).safeParse(value).success,
);
const isTwin = z.object({
  routes: z.array(z.unknown()),
  options: z.record(z.string(), z.string()).default({}),
});
const isFixtures = z.custom<ProviderFixtures>(
  (value) => z.object({ words: z.object({}) }).safeParse(value).success,
);

/** Every provider, in the order of their ids, from its three files. Throws where one of them is missing. */
export async function readProviders(): Promise<readonly Provider[]> {
  const files = await readdir('shared/providers');
  const ids = files.map((file) => basename(file, '.ts')).filter((name) => !sharedFiles.includes(name));
  return Promise.all(ids.toSorted().map(readProvider));
}

async function readProvider(id: string): Promise<Provider> {
  const name = nameOf(id);
  const twin = await exportOf(`sandbox/providers/${id}.ts`, name, isTwin);
  const fixtures = await exportOf(`test/fixtures/${id}.ts`, name, isFixtures);
  const provider = await exportOf(`shared/providers/${id}.ts`, name, isProvider);
  const adapter = adapterFor(provider, fixtures.options ?? {});
  if (adapter.id !== id || twin.routes.length === 0)
    throw new Error(
      `shared/providers/${id}.ts must have the id ${id}, and sandbox/providers/${id}.ts a route`,
    );
  return { id, name, adapter, twin, fixtures };
}

/** What the files of a provider export: its id in camel case. */
function nameOf(id: string): string {
  return id.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

async function exportOf<Value>(path: string, name: string, schema: z.ZodType<Value>): Promise<Value> {
  if (!existsSync(path))
    throw new Error(`${path} is missing: CONTRIBUTING.md says what a provider consists of`);
  const exported: unknown = await import(pathToFileURL(resolve(path)).href);
  const { data } = schema.safeParse(Object(exported)[name]);
  if (data === undefined) throw new Error(`${path} must export ${name}`);
  return data;
}
