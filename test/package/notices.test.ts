import { existsSync, globSync, readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { noticesFile, noticesOf } from '../../scripts/notices.ts';
import { sbomFile } from '../../scripts/release/audit.ts';
import { type Built, bundles } from '../aws/built.ts';
import { freshFolder } from '../support/process/temporary.ts';

const manifestSchema = z.object({ name: z.string(), version: z.string(), license: z.string() });
const billSchema = z.object({
  components: z.array(
    z.object({
      ...{ name: z.string(), version: z.string(), purl: z.string().startsWith('pkg:npm/') },
      licenses: z.tuple([z.object({ expression: z.string() })]),
      properties: z.array(z.object({ name: z.string(), value: z.string() })),
    }),
  ),
});
let built: Built;
beforeAll(async () => {
  built = await bundles();
}, 60_000);
afterAll(() => built.remove());

const bundled = new Map<string, Promise<string[]>>();

/** The packages that end up in a bundle of these files, as the bundler tells; nothing of the build's own list is used. */
function packagesBundledFrom(...entryPoints: string[]): Promise<string[]> {
  const found = bundled.get(entryPoints.join()) ?? findPackages(entryPoints);
  bundled.set(entryPoints.join(), found);
  return found;
}

async function findPackages(entryPoints: string[]): Promise<string[]> {
  const ajv = 'scripts/ajv-stub.ts';
  const { metafile } = await build({
    entryPoints,
    outdir: freshFolder(),
    alias: { ajv: `./${ajv}`, 'ajv-formats': `./${ajv}` },
    external: [
      ...['http', 'ini', 'process', 'sso', 'web-identity'].map(
        (kind) => `@aws-sdk/credential-provider-${kind}`,
      ),
      ...['@smithy/core/event-streams', '@smithy/credential-provider-imds', 'bowser'],
    ],
    ...{ bundle: true, write: false, metafile: true, format: 'esm', platform: 'node', logLevel: 'silent' },
    mainFields: ['module', 'main'],
  });
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs));
  const paths = inputs.flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : []));
  const folders = paths.filter((path) => path.includes('node_modules/')).map(rootOf);
  return [...new Set(folders)];
}

/** The package that a file is of: the nearest folder above it whose manifest has a name and a version. */
function rootOf(path: string): string {
  for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    if (existsSync(manifest) && manifestSchema.safeParse(JSON.parse(readFileSync(manifest, 'utf8'))).success)
      return folder;
  }
  throw new Error(`${path} is of no package`);
}

it('the bill of materials has the packages of all notices and no others, each with its licence and its place', async () => {
  const root = dirname(dirname(built.command));
  const { components } = billSchema.parse(JSON.parse(await readFile(join(root, sbomFile), 'utf8')));
  const noticed = ['cli', 'functions'].map((name) => readFileSync(join(root, name, noticesFile), 'utf8'));
  const told = components.map(
    ({ name, version, licenses: [{ expression }] }) => `${name} ${version} (${expression})`,
  );
  const titles = noticed.flatMap((text) => [...text.matchAll(/^(?:@[\w.-]+\/)?[\w.-]+ \d[\w.-]* \(.+\)$/gm)]);
  expect(new Set(told)).toEqual(new Set(titles.map(([title]) => title)));
  for (const { name, properties } of components) {
    const [place, ...bundlesOf] = properties;
    expect(place?.value.endsWith(`node_modules/${name}`)).toBe(true);
    for (const { value } of bundlesOf) expect(noticed[value === 'cli' ? 0 : 1]).toContain(`${name} `);
  }
});

describe.each([
  ['npx calloff', () => built.command, ['cli/main.ts', 'shared/store/sqlite/worker.ts']],
  ['the functions', () => built.api, globSync('functions/{api,mcp,slack,worker}.ts')],
])('the notices of %s', (_what, bundle, entryPoints) => {
  it('name every package that is bundled, with its version, its licence and the whole text of it', async () => {
    const notices = await readFile(join(dirname(bundle()), noticesFile), 'utf8');
    const folders = await packagesBundledFrom(...entryPoints);
    expect(folders.length).toBeGreaterThan(4);
    for (const folder of folders) {
      const { name, version, license } = manifestSchema.parse(
        JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')),
      );
      expect(notices).toContain(`\n${name} ${version} (${license})\n`);
      const texts = globSync('{LICEN[CS]E,NOTICE,licen[cs]e}*', { cwd: folder });
      expect(texts, name).not.toEqual([]);
      for (const text of texts)
        expect(notices).toContain(readFileSync(join(folder, text), 'utf8').replaceAll('\r\n', '\n').trim());
    }
  });

  it('name no package that is not', async () => {
    const notices = await readFile(join(dirname(bundle()), noticesFile), 'utf8');
    const titles = [...notices.matchAll(/^([@a-z][^\s]*) [\d.]+ \([\w.-]+\)$/gm)].map(([, name]) => name);
    const folders = await packagesBundledFrom(...entryPoints);
    const names = folders.map((folder) => folder.replace(/^.*node_modules\//, ''));
    expect(titles.toSorted()).toEqual(names.toSorted());
  });
});

it('a package that brings no text of its licence is not shipped', async () => {
  const folder = freshFolder();
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), '{"name":"x","version":"1.0.0","license":"MIT"}');
  await expect(noticesOf([folder])).rejects.toThrow('x 1.0.0 (MIT) brings no text of its licence');
  await writeFile(join(folder, 'LICENSE.md'), 'Permission is hereby granted\r\n');
  expect(await noticesOf([folder])).toContain('\nx 1.0.0 (MIT)\n\nPermission is hereby granted\n');
});
