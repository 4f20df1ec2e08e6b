import { execFile } from 'node:child_process';
import { existsSync, globSync, statSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '../..');
const sources = [
  '{functions,shared,cli,mcp}/**/*.ts',
  'scripts/{*,build/*}.{ts,js}',
  'serverless.yml',
  'package-lock.json',
  'console/**/*.{html,js,css,svg}',
];

/** The bundles, and the way to clear up behind them. */
export interface Built {
  readonly api: string;
  readonly mcp: string;
  readonly slack: string;
  readonly worker: string;
  readonly operations: string;
  readonly console: string;
  readonly command: string;
  remove(): Promise<void>;
}

/** The bundles in `dist`, or new ones aside where those are missing or older than a source. */
export async function bundles(): Promise<Built> {
  const made = within(join(root, 'dist'));
  if (Object.values(made).every(isFresh)) return { ...made, remove: async () => undefined };
  return buildAside();
}

/** Bundles built now, in a folder aside; all of them, or those of these names and no more. */
export async function buildAside(names: readonly Exclude<keyof Built, 'remove'>[] = []): Promise<Built> {
  const folder = await mkdtemp(join(tmpdir(), 'calloff-build-'));
  const only = names.map((name) => (name === 'command' ? 'calloff' : name));
  await run(process.execPath, ['scripts/build.ts', folder, ...only], { cwd: root });
  return { ...within(folder), remove: () => rm(folder, { recursive: true }) };
}

/** How many bytes a function reads when it starts: its bundle, and the parts that it imports at once, and what these import. */
export async function bytesAtStart(bundle: string): Promise<number> {
  return bytesOf(await filesOf(bundle, /\b(?:from|import)"(\.[^"]+)"/g));
}

/** Counts the schemas and checks that Zod makes, by the hook that Zod has for its own compiler. */
const countSchemas = `
let count = 0;
globalThis.__zod_globalConfig = { jitless: true, postProcessor: () => { count += 1; } };
await import(process.argv[1]);
process.stderr.write(String(count));
process.exit();
`;

/** How many schemas and checks a function makes when it starts. */
export async function schemasAtStart(bundle: string): Promise<number> {
  const url = pathToFileURL(bundle).href;
  const queue = 'http://127.0.0.1:1/0/calloff';
  const environment = { AWS_REGION: 'eu-central-1', CALLOFF_TABLE: 'calloff' };
  const queues = { CALLOFF_QUEUE_URL: queue, CALLOFF_OPERATIONS_QUEUE_URL: queue };
  const { stderr } = await run(process.execPath, ['--input-type=module', '--eval', countSchemas, url], {
    env: { ...environment, ...queues },
  });
  return Number(stderr);
}

/** The text of a bundle and of the parts that it imports at once. */
export async function textAtStart(bundle: string): Promise<string> {
  const files = await filesOf(bundle, /\b(?:from|import)"(\.[^"]+)"/g);
  return (await Promise.all(files.map((file) => readFile(file, 'utf8')))).join('\n');
}

/** The files of a function: its bundle, and all parts that this may import, at once or later. */
export function partsOf(bundle: string): Promise<string[]> {
  return filesOf(bundle, /\b(?:from|import\(?)"(\.[^"]+)"/g);
}

/** The text of a function: of its bundle and all parts. */
export async function textOf(bundle: string): Promise<string> {
  const files = await partsOf(bundle);
  return (await Promise.all(files.map((file) => readFile(file, 'utf8')))).join('\n');
}

/** How many bytes files have together. */
export function bytesOf(paths: Iterable<string>): number {
  return [...paths].reduce((sum, path) => sum + statSync(path).size, 0);
}

async function filesOf(bundle: string, imported: RegExp): Promise<string[]> {
  const files = new Set([bundle]);
  // A set also goes through what is added on the way.
  for (const file of files) {
    const text = await readFile(file, 'utf8');
    for (const [, path = ''] of text.matchAll(imported)) files.add(join(dirname(file), path));
  }
  return [...files];
}

function within(folder: string) {
  return {
    api: join(folder, 'functions/api.mjs'),
    mcp: join(folder, 'functions/mcp.mjs'),
    slack: join(folder, 'functions/slack.mjs'),
    worker: join(folder, 'functions/worker.mjs'),
    operations: join(folder, 'functions/operations.mjs'),
    console: join(folder, 'functions/console.mjs'),
    command: join(folder, 'cli/calloff.mjs'),
  };
}

const templateName = 'cloudformation-template-update-stack.json';

/** What is deployed. */
export interface Deployed {
  /** The CloudFormation template. */
  readonly template: unknown;
  /** The bytes of the zip file of each function, in which the names of files stand as they are. */
  readonly zips: Readonly<Record<string, Buffer>>;
}

/** As `npm run package` makes it, or made aside where that is missing or out of date. */
export async function deployed(): Promise<Deployed> {
  const folder = join(root, '.serverless');
  return isFresh(join(folder, templateName)) ? deployedIn(folder) : packagedAside([], deployedIn);
}

async function deployedIn(folder: string): Promise<Deployed> {
  return {
    template: JSON.parse(await readFile(join(folder, templateName), 'utf8')),
    zips: await zipsIn(folder),
  };
}

/** The template of a stage with parameters such as `reservedConcurrency=5`, made in a folder aside, without network or credentials. */
export function generateTemplate(stage: string, ...parameters: readonly string[]): Promise<unknown> {
  const options = ['--stage', stage, ...parameters.flatMap((parameter) => ['--param', parameter])];
  const readTemplate = async (out: string) => JSON.parse(await readFile(join(out, templateName), 'utf8'));
  return packagedAside(options, readTemplate, emptyBundles);
}

/** What a template does not show is not worth the time that packing it takes. */
async function emptyBundles(folder: string): Promise<void> {
  await mkdir(join(folder, 'dist/functions'), { recursive: true });
  const bundles = Object.keys(within(folder)).filter((name) => name !== 'command');
  for (const name of bundles) await writeFile(join(folder, `dist/functions/${name}.mjs`), '');
}

async function builtBundles(folder: string): Promise<void> {
  const built = await bundles();
  await cp(dirname(built.api), join(folder, 'dist/functions'), { recursive: true });
  await built.remove();
}

async function zipsIn(folder: string): Promise<Record<string, Buffer>> {
  const zips = globSync('*.zip', { cwd: folder });
  const named = zips.map(async (zip) => [basename(zip, '.zip'), await readFile(join(folder, zip))] as const);
  return Object.fromEntries(await Promise.all(named));
}

async function packagedAside<T>(
  options: readonly string[],
  read: (out: string) => Promise<T>,
  putBundles = builtBundles,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'calloff-package-'));
  try {
    await putBundles(folder);
    await mkdir(join(folder, 'scripts'));
    for (const path of ['serverless.yml', ...globSync('scripts/*.js', { cwd: root })]) {
      await cp(join(root, path), join(folder, path));
    }
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
    const osls = join(root, 'node_modules/.bin/osls');
    const { PATH = '', NODE_COMPILE_CACHE = '' } = process.env;
    await run(process.execPath, [osls, 'package', '--package', 'out', ...options], {
      cwd: folder,
      // What osls compiles its schema to lies where `npm run package` has put it, so that it need not do so again.
      env: { PATH, HOME: folder, NODE_COMPILE_CACHE, SLS_SCHEMA_CACHE_BASE_DIR: homedir() },
    });
    return await read(join(folder, 'out'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The bundled command line in `dist`, unless it is missing or older than a source. */
export function freshCommand(): string | undefined {
  const { command } = within(join(root, 'dist'));
  return isFresh(command) ? command : undefined;
}

/** When a source was last changed. Looked at once in a process: there are 700 of them, seven bundles, and no test changes one. */
let changedAtMs: number | undefined;

function isFresh(path: string): boolean {
  if (!existsSync(path)) return false;
  changedAtMs ??= Math.max(
    ...globSync(sources, { cwd: root }).map((source) => statSync(join(root, source)).mtimeMs),
  );
  return changedAtMs <= statSync(path).mtimeMs;
}
