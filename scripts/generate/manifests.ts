import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { tools } from '../../mcp/tools/index.ts';
import { listTools } from '../../mcp/tools/list-tools.ts';
import { type AdapterOption, baseUrlVariable } from '../../shared/adapter/provider-facts.ts';
import { configurationJsonSchema } from '../../shared/config/file/json-schema.ts';
import { capitalized } from '../../shared/lib/text.ts';
import { formatted, listed } from './format.ts';
import type { Provider } from './providers.ts';

/** What the registry of MCP servers takes. */
const longestDescription = 100;
/** An object whose keys stay in their order. */
const object = z.record(z.string(), z.unknown());

/** As many names as fit, and how many more there are. */
function describing(providers: readonly Provider[], sentence: (names: string) => string): string {
  const names = providers.map(({ adapter }) => adapter.displayName);
  const fitting = names.map((_, count) => {
    const rest = count === 0 ? [] : [`${count} more`];
    return sentence(listed([...names.slice(0, names.length - count), ...rest]));
  });
  return fitting.find(({ length }) => length <= longestDescription) ?? sentence(`${names.length} providers`);
}

const description = (providers: readonly Provider[]) =>
  describing(
    providers,
    (names) => `Cancels compute jobs at ${names}; says cancelled only if the provider's status says so.`,
  );

function choicesOf({ values }: AdapterOption): { readonly choices?: readonly string[] } {
  return values instanceof RegExp ? {} : { choices: values };
}

/** A meaning as a sentence of its own, without the marks of a document. */
function plain(text: string): string {
  return capitalized(text.replaceAll('`', ''));
}

/** The variables of the providers, as `server.json` describes them: each once, also if two providers share it. */
function variablesOf(providers: readonly Provider[]): readonly { readonly name: string }[] {
  const all = [
    ...keysOf(providers),
    ...providers.map(({ adapter: { id, displayName } }) => ({
      name: baseUrlVariable(id),
      description: `The whole base URL of ${displayName}, path included, if it is not the usual one`,
    })),
    ...providers.flatMap(({ adapter: { deployment } }) =>
      deployment === undefined ? [] : [{ name: deployment.variable, description: plain(deployment.meaning) }],
    ),
    ...providers.flatMap(({ adapter: { options = [] } }) =>
      options.map((option) => ({
        name: option.variable,
        description: plain(option.meaning),
        ...choicesOf(option),
      })),
    ),
  ];
  return [...new Map(all.map((variable) => [variable.name, variable])).values()];
}

/** The variables with the keys, and the providers that each is for. */
function keysOf(providers: readonly Provider[]) {
  const byVariable = Map.groupBy(providers, ({ adapter: { key } }) => key.variable);
  return [...byVariable].map(([name, those]) => {
    const names = listed(those.map(({ adapter: { displayName } }) => displayName));
    const verb = those.length === 1 ? 'is' : 'are';
    const description = `The API key of ${names}; without it, ${names} ${verb} not configured`;
    return { name, description, isSecret: true };
  });
}

async function read(path: string): Promise<Readonly<Record<string, unknown>>> {
  return object.parse(JSON.parse(await readFile(path, 'utf8')));
}

/** An object with one of its objects changed. */
function within(
  whole: unknown,
  key: string,
  change: (part: unknown) => unknown,
): Readonly<Record<string, unknown>> {
  const parts = object.parse(whole);
  return { ...parts, [key]: change(parts[key]) };
}

async function serverManifest(providers: readonly Provider[]): Promise<object> {
  const isOwn = (variable: unknown) =>
    z.object({ name: z.string().startsWith('CALLOFF_') }).safeParse(variable).success;
  const manifest = { ...(await read('server.json')), description: description(providers) };
  return within(manifest, 'packages', (packages) =>
    z
      .array(object)
      .parse(packages)
      .map((entry) =>
        within(entry, 'environmentVariables', (variables) => [
          ...variablesOf(providers),
          ...z.array(z.unknown()).parse(variables).filter(isOwn),
        ]),
      ),
  );
}

const wordsOfBundle = ['cancel', 'jobs', 'batch'];
const wordsOfPackage = ['mcp', 'mcp-server', 'model-context-protocol', ...wordsOfBundle];

/** The usual providers, and how many more there are. */
function bundleDescription(usual: readonly Provider[], others: number): string {
  const names = listed(usual.map(({ adapter }) => adapter.displayName));
  return `Cancels compute jobs at ${names}, and at ${others} more by a configuration file; says cancelled only if the provider's status says so.`;
}

/** A field for a key, as the form of the bundle asks for it. */
function keyField({ adapter: { key, displayName } }: Provider): object {
  return {
    type: 'string',
    title: key.title,
    description: `Leave empty if you do not use ${displayName}`,
    sensitive: true,
    required: false,
    default: '',
  };
}

/** A field for the configuration file, in which every provider can be named: the form has no place for places. */
const fileField = {
  type: 'file',
  title: 'Configuration file',
  description:
    'For the other providers, for several accounts at one, or to limit the assistant: docs/settings.md says what is in it. If it names connections, the keys above are not used unless it names their variables. Leave empty otherwise',
  required: false,
  default: '',
};
const fileOption = 'configuration_file';

/** The bundle asks for the keys of the usual providers, and for a configuration file, which can name every provider. */
async function bundleManifest(providers: readonly Provider[]): Promise<object> {
  const usual = providers.filter(({ adapter }) => !adapter.onlyIfNamed);
  const filledIn = (option: string) => `\u0024{user_config.${option}}`;
  const keys = usual.map(({ id, adapter }) => [adapter.key.variable, filledIn(optionName(id))]);
  const env = { ...Object.fromEntries(keys), CALLOFF_CONFIG: filledIn(fileOption) };
  const fields = usual.map((provider) => [optionName(provider.id), keyField(provider)]);
  const others = listed(
    providers.filter((provider) => !usual.includes(provider)).map(({ adapter }) => adapter.displayName),
  );
  const manifest = {
    ...(await read('mcpb/manifest.json')),
    description: bundleDescription(usual, providers.length - usual.length),
    long_description: `Lists compute jobs across providers, cancels one or many, and reports each provider's own status afterwards. Enter the keys of the providers you use and leave the others empty. ${others} are served if a configuration file names them and their keys.`,
    tools: tools.map((tool) => ({ name: tool.name, description: plain(tool.summary) })),
    keywords: [...wordsOfBundle, ...providers.map(({ id }) => id)],
    user_config: { ...Object.fromEntries(fields), [fileOption]: fileField },
  };
  return within(manifest, 'server', (server) =>
    within(server, 'mcp_config', (config) => ({ ...object.parse(config), env })),
  );
}

function optionName(id: string): string {
  return `${id.replaceAll('-', '_')}_api_key`;
}

async function packageManifest(providers: readonly Provider[]): Promise<object> {
  const names = listed(providers.map(({ adapter }) => adapter.displayName));
  return {
    ...(await read('package.json')),
    description: `Calls off compute jobs at ${names}, and says only what the provider's own status says.`,
    keywords: [...wordsOfPackage, ...providers.map(({ id }) => id)],
  };
}

/** The JSON files that name providers or tools, by their paths. What is of neither stays as it is. */
export async function derivedManifests(providers: readonly Provider[]): Promise<ReadonlyMap<string, string>> {
  const manifests: Readonly<Record<string, object>> = {
    'server.json': await serverManifest(providers),
    'mcpb/manifest.json': await bundleManifest(providers),
    'package.json': await packageManifest(providers),
    'calloff.schema.json': configurationJsonSchema(),
  };
  const entries = Object.entries(manifests).map(
    async ([path, manifest]) => [path, await formatted(path, JSON.stringify(manifest, null, 2))] as const,
  );
  // Biome leaves this one alone: it is what a client gets, line by line.
  const definitions = `${JSON.stringify({ tools: listTools() }, null, 2)}\n`;
  return new Map([...(await Promise.all(entries)), ['test/fixtures/mcp/tools.json', definitions]]);
}
