import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import { version } from '../shared/lib/version.ts';
import { smallManifests, withoutOwnSha256 } from './build/build-time.ts';
import { everyBundle, lambda, neverLoaded } from './build/options.ts';
import { writePage } from './build/page.ts';
import { sbomOf } from './build/sbom.ts';
import { noticesFile, noticesOf, packagesIn } from './notices.ts';
import { sbomFile } from './release/audit.ts';

/** Where the bundles go, and which: `node scripts/build.ts some/folder worker` puts one elsewhere. None named are all. */
const [folder = 'dist', ...only] = process.argv.slice(2);

/** What `npx calloff` runs, on whatever Node its user has, in parts that are loaded when they are needed. Commander is CommonJS, which an ES module has no `require` for. */
const command: BuildOptions = {
  target: 'node22',
  external: neverLoaded,
  plugins: [smallManifests, withoutOwnSha256],
  splitting: true,
  banner: {
    js: [
      '#!/usr/bin/env node',
      "import { createRequire as __createRequire } from 'node:module';",
      'const require = __createRequire(import.meta.url);',
    ].join('\n'),
  },
};

/** A bundle, of one entry point or two. */
interface Bundle {
  readonly name: string;
  readonly from: string;
  /** Another entry point, which shares the parts. */
  readonly beside?: Readonly<Record<string, string>>;
  readonly to: string;
  readonly options: BuildOptions;
}

const bundles: readonly Bundle[] = [
  ...['api', 'mcp', 'slack', 'worker', 'operations', 'console'].map((name) => ({
    name,
    from: `functions/${name}.ts`,
    to: 'functions',
    options: lambda(name),
  })),
  {
    name: 'calloff',
    from: 'cli/main.ts',
    // What the package exports as `calloff/adapter`: both must have the same Zod.
    beside: { adapter: 'shared/adapter-exports.ts' },
    to: 'cli',
    options: command,
  },
  { name: 'sqlite-worker', from: 'shared/store/sqlite/worker.ts', to: 'cli', options: { target: 'node22' } },
];

function isWanted({ name, from }: Bundle): boolean {
  return existsSync(from) && (only.length === 0 || only.includes(name));
}

/** The folders of the packages that are bundled into a folder. */
const bundled = new Map<string, Set<string>>();

await rm(folder, { recursive: true, force: true });
for (const { name, from, beside, to, options } of bundles.filter(isWanted)) {
  const { metafile } = await build({
    ...options,
    entryPoints: { [name]: from, ...beside },
    outdir: `${folder}/${to}`,
    outExtension: { '.js': '.mjs' },
    ...everyBundle,
    metafile: true,
    logLevel: 'warning',
  });
  for (const [path, { bytes }] of Object.entries(metafile.outputs)) {
    process.stdout.write(`${path}  ${bytes.toLocaleString('en')} bytes\n`);
  }
  bundled.set(to, new Set([...(bundled.get(to) ?? []), ...packagesIn(metafile)]));
}
for (const [to, packages] of bundled)
  await writeFile(join(folder, to, noticesFile), await noticesOf(packages));

if (only.length === 0) {
  await writeFile(join(folder, sbomFile), await sbomOf(version, bundled));

  // The page, beside the bundles that serve it.
  for (const to of ['cli', 'functions']) await writePage(join(folder, to, 'console'));

  // The types of `calloff/adapter`.
  execFileSync(
    process.execPath,
    ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.adapter.json', '--outDir', join(folder, 'adapter')],
    { stdio: 'inherit' },
  );
}
