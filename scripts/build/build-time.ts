import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Plugin } from 'esbuild';
import * as z from 'zod';
import { openApiDocument } from '../../functions/http/openapi.ts';
import { listTools } from '../../mcp/tools/list-tools.ts';

const manifestSchema = z.object({ name: z.string(), version: z.string() });
const root = resolve(import.meta.dirname, '../..');

/** Functions without arguments that answer the same in every process: by the file that exports them, name and answer. */
const constant = new Map<string, readonly [name: string, answer: () => unknown]>([
  [join(root, 'functions/http/openapi.ts'), ['openApiDocument', openApiDocument]],
  [join(root, 'mcp/tools/list-tools.ts'), ['listTools', listTools]],
]);

/**
 * Puts into a bundle what such a function answers, in place of the function and all that it needs for that: the OpenAPI
 * document, and the list of tools.
 */
export const answeredAtBuild: Plugin = {
  name: 'answered at build',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/](?:openapi|list-tools)\.ts$/ }, ({ path }) => {
      const [name, answer] = constant.get(path) ?? [];
      if (answer === undefined) return undefined;
      const value = JSON.stringify(answer());
      return { contents: `const answer = ${value};\nexport const ${name} = () => answer;\n`, loader: 'js' };
    });
  },
};

/** What Zod writes JSON schemas with. Every schema refers to it, so no bundler can leave it out: 20 KB. */
const jsonSchemaModules = /[\\/]zod[\\/]v4[\\/]core[\\/](?:json-schema-processors|to-json-schema)\.js$/;

/** Leaves out what writes JSON schemas, which after {@link answeredAtBuild} no bundle does. Called nevertheless, it says so. */
export const withoutJsonSchemas: Plugin = {
  name: 'without JSON schemas',
  setup({ onLoad }) {
    onLoad({ filter: jsonSchemaModules }, async ({ path }) => {
      const names = Object.keys(await import(pathToFileURL(path).href));
      const left = `const left = () => { throw new Error('calloff writes JSON schemas only when it is built'); };`;
      return { contents: `${left}\nexport { ${names.map((name) => `left as ${name}`)} };\n`, loader: 'js' };
    });
  },
};

const noSha256 = {
  filter: /[\\/]checksum[\\/]sha256[\\/]Sha256Js\.js$/,
  contents: `export class Sha256Js { constructor() { throw new Error('calloff needs node:crypto'); } }`,
};

/**
 * What the AWS client has for other places than a function: a region from the machine, and configuration files, when
 * Lambda sets the region; and a second way to retry, when calloff names the other (`secrets-manager.ts`). Each answers as
 * the original does where it finds nothing. And what Zod compiles with: see {@link zodJitless}.
 */
const notInLambda = [
  {
    filter: /[\\/]regionConfig[\\/]getInstanceMetadataRegion\.js$/,
    contents: 'export const getInstanceMetadataRegion = async () => undefined;',
  },
  {
    filter: /[\\/]shared-ini-file-loader[\\/]loadSharedConfigFiles\.js$/,
    contents: `export { CONFIG_PREFIX_SEPARATOR } from './constants';
      export const loadSharedConfigFiles = async () => ({ configFile: {}, credentialsFile: {} });`,
  },
  {
    filter: /[\\/]util-retry[\\/]AdaptiveRetryStrategy\.js$/,
    contents: `export class AdaptiveRetryStrategy { constructor() { throw new Error('calloff retries in the standard mode'); } }`,
  },
  {
    filter: /[\\/]zod[\\/]v4[\\/]core[\\/]doc\.js$/,
    contents: `export class Doc { constructor() { throw new Error('calloff compiles no schemas in Lambda'); } }`,
  },
];

/** Puts something short in place of modules that are read and never used. */
function without(
  name: string,
  modules: readonly { readonly filter: RegExp; readonly contents: string }[],
): Plugin {
  return {
    name,
    setup({ onLoad }) {
      for (const { filter, contents } of modules) onLoad({ filter }, () => ({ contents, loader: 'js' }));
    },
  };
}

/** Leaves out what the AWS client would compute SHA-256 with on a Node without `node:crypto`: 3 KB. */
export const withoutOwnSha256: Plugin = without('without a SHA-256 in JavaScript', [noSha256]);
/** Leaves out, besides, what no function of AWS uses: 6 KB, and two files that each start would look for. */
export const withoutUnusedInLambda: Plugin = without('without what is not used in Lambda', [
  noSha256,
  ...notInLambda,
]);

/**
 * Turns Zod's compiler off before any schema is made. `functions/aws/zod-jitless.ts` does so in the sources; in a bundle of
 * parts a shared part, with its schemas, runs before the entry.
 */
export const zodJitless: Plugin = {
  name: 'Zod without its compiler',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]zod[\\/]v4[\\/]core[\\/]core\.js$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const contents = text.replace('__zod_globalConfig = {}', '__zod_globalConfig = { jitless: true }');
      if (contents === text) throw new Error('Zod keeps its configuration elsewhere now');
      return { contents, loader: 'js' };
    });
  },
};

/** Of its package.json the AWS client reads the version, and a bundler would keep all of it. Its name stays, too. */
export const smallManifests: Plugin = {
  name: 'small manifests',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]@aws-sdk[\\/]client-[^\\/]+[\\/]package\.json$/ }, async ({ path }) => {
      const fields = manifestSchema.parse(JSON.parse(await readFile(path, 'utf8')));
      return { contents: JSON.stringify(fields), loader: 'json' };
    });
  },
};
