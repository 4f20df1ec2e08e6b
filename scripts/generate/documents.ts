import { readFile } from 'node:fs/promises';
import { tools } from '../../mcp/tools/index.ts';
import type { Tool } from '../../mcp/tools/tool.ts';
import type { ProviderAdapter, RequestKind } from '../../shared/adapter/adapter.ts';
import { documentedSettings } from '../../shared/config/environment/documented-settings.ts';
import { connectionVariables } from '../../shared/config/environment/documented-variables.ts';
import type { DocumentedVariable } from '../../shared/config/environment-reader.ts';
import { variables } from '../../shared/config/variables.ts';
import { operationSigns, outcomeSigns, type Sign, stateSigns } from '../../shared/contract/signs.ts';
import { exchangesOf } from '../../test/fixtures/scenario.ts';
import { listed } from './format.ts';
import type { Provider } from './providers.ts';
import { rightsRows } from './rights.ts';

/** The documents with marked places. A place is `<!-- generated: name -->…<!-- end -->`, in a line or around lines. */
const documents = [
  'docs/access.md',
  'README.md',
  'docs/aws.md',
  'docs/cli.md',
  'docs/mcp.md',
  'docs/outcomes.md',
  'docs/providers.md',
  'docs/settings.md',
];

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`.replaceAll('|  |', '| |');
  return `\n\n${[line(header), `|${'---|'.repeat(header.length)}`, ...rows.map(line)].join('\n')}\n\n`;
}

const code = (text: string) => `\`${text}\``;
const codes = (texts: readonly string[], conjunction: 'and' | 'or' = 'and') =>
  listed(texts.map(code), conjunction);

const link = ({ title, url }: ProviderAdapter['cancel']['page']) => `[${title}](${url})`;

function pagesOf({ cancel, cancelMany }: ProviderAdapter): ProviderAdapter['cancel']['page'][] {
  return [cancel.page, ...(cancelMany === undefined ? [] : [cancelMany.page])];
}

function pageRows({ id, adapter }: Provider): string[][] {
  const tests = `[fixtures](../test/fixtures/${id}.ts), [laws](../test/contract/laws.test.ts)`;
  const one = [`POST /v1/providers/${id}/jobs/{id}/cancel`, 'cancel_job', `calloff cancel ${id} ID`];
  const many = ['POST /v1/jobs/cancel', 'cancel_jobs', `calloff cancel ${id} ID ID…`];
  return pagesOf(adapter).map((page, index) => [
    `${adapter.displayName} ${link(page)}`,
    ...(index === 0 ? one : many).map(code),
    tests,
  ]);
}

/** What must be set: the key, and where the jobs are. */
function mustSet({ defaultBaseUrl, deployment, key, options = [] }: ProviderAdapter): string {
  const ownKey =
    key.default === undefined ? code(key.variable) : `${code(key.variable)} or the role of the process`;
  const host = defaultBaseUrl === undefined && deployment !== undefined ? [code(deployment.variable)] : [];
  const place = options
    .filter((option) => option.default === undefined)
    .map(({ variable }) => code(variable));
  return [ownKey, ...host, ...place].join(', ');
}

function wordsRow({ adapter: { displayName }, fixtures: { words, flags = [] } }: Provider): string[] {
  const own = Object.keys(words).filter(
    (word) => word === word.toUpperCase() || !(word.toUpperCase() in words),
  );
  return [displayName, [...flags, ...own].map(code).join(', ')];
}

const nouns: { readonly [kind in RequestKind]: string } = {
  cancel: 'cancels',
  status: 'status checks',
  list: 'lists',
  cancelMany: 'cancels of lists of ids',
  statusMany: 'status checks of lists of ids',
};

function windowText(windowMs: number): string {
  if (windowMs === 60_000) return 'a minute';
  return windowMs === 3_600_000 ? 'an hour' : `in ${windowMs / 1_000} s`;
}

function limitsOf({ limits }: ProviderAdapter): string {
  const known = limits.flatMap(({ operations, limit }) =>
    limit === undefined
      ? []
      : [
          `${limit.count.toLocaleString('en')} ${listed(operations.map((kind) => nouns[kind]))} ${windowText(limit.windowMs)}`,
        ],
  );
  return known.join(', ');
}

function omissionsOf({ list }: ProviderAdapter): string {
  if (list === undefined) return 'all: it has no list';
  const { unlistedStates = [], hidesNames } = list;
  const states = unlistedStates.length === 0 ? [] : [`whether a job is ${listed(unlistedStates, 'or')}`];
  return [...states, ...(hidesNames ? ['names'] : [])].join(', ');
}

function factsRow({ id, adapter }: Provider): string[] {
  const { displayName, onlyIfNamed, list, cancelMany, statusMany } = adapter;
  const single = list === undefined ? 'one by one' : 'one by one, or by its list';
  const many = (ids: number) => `by lists of up to ${ids} ids`;
  return [
    displayName,
    code(id),
    mustSet(adapter),
    onlyIfNamed ? 'if named' : 'always',
    cancelMany === undefined ? 'one by one' : many(cancelMany.maxIds),
    statusMany === undefined ? single : many(statusMany.maxIds),
    limitsOf(adapter),
    omissionsOf(adapter),
  ];
}

/** The header of these rows. */
const factNames = [
  ...['provider', 'id', 'what to set', 'served'],
  ...['cancels', 'status checks', 'documented rate limits', 'its list leaves out'],
];

function variableRow({ name, meaning, default: value, defaultInWords = '' }: DocumentedVariable): string[] {
  return [code(name), meaning, value === undefined ? defaultInWords : code(value)];
}

/** The settings that hold a secret and are no provider's. */
const secretSettings = Object.values(variables)
  .filter((variable) => 'isSecret' in variable)
  .map(({ name }) => name);

/** The options, each with all providers at which it decides the same. */
function optionRows(providers: readonly Provider[]): string[][] {
  const rows = providers.flatMap(({ adapter: { displayName, options = [] } }) =>
    options.map(({ name, meaning, default: otherwise = 'none: it must be set' }) => ({
      ...{ displayName, name, meaning, otherwise },
    })),
  );
  const alike = Map.groupBy(rows, ({ name, meaning, otherwise }) => [name, meaning, otherwise].join('\n'));
  return [...alike.values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined) return [];
    const names = listed(same.map(({ displayName }) => displayName));
    return [[code(first.name), `${names} only: ${first.meaning}`, first.otherwise]];
  });
}

function toolRow({ name, summary, annotations }: Tool): string[] {
  return [code(name), summary, annotations.readOnlyHint ? 'no' : 'yes'];
}

function countExchanges(providers: readonly Provider[]): string {
  const sources = providers.flatMap(({ fixtures }) => exchangesOf(fixtures).map(([, { source }]) => source));
  const shown = sources.filter((source) => 'documented' in source).length;
  return `Exchanges in the fixtures: ${shown} documented, ${sources.length - shown} assumed.`;
}

function deploymentsOf(providers: readonly Provider[]): string[] {
  return [...new Set(providers.flatMap(({ adapter }) => adapter.deployment?.variable ?? []))];
}

function signsTable(of: string, signs: Readonly<Record<string, Sign>>): string {
  const rows = Object.entries(signs).map(([name, { mark, word }]) => [mark, code(name), word]);
  return table(['mark', of, 'in words'], rows);
}

/** What stands in the marked places, by their names. */
function placesOf(providers: readonly Provider[]): ReadonlyMap<string, string> {
  const ids = providers.map(({ id }) => id);
  const { usual = [], others = [] } = Object.groupBy(providers, ({ adapter }) =>
    adapter.onlyIfNamed ? 'others' : 'usual',
  );
  return new Map([
    ['names', listed(providers.map(({ adapter }) => adapter.displayName))],
    ['count', String(providers.length)],
    ['exchanges', countExchanges(providers)],
    ['ids', codes(ids)],
    ['deployments', codes(deploymentsOf(providers))],
    ['one of the ids', codes(ids, 'or')],
    ['usual keys', codes(usual.map(({ adapter }) => adapter.key.variable))],
    [
      'usual names',
      listed(
        usual.map(({ adapter }) => adapter.displayName),
        'or',
      ),
    ],
    ['usual ids', codes(usual.map(({ id }) => id))],
    ['other ids', codes(others.map(({ id }) => id))],
    ['usual secrets', codes(usual.map(({ id }) => `calloff-prod/${id}`))],
    ['pages', table(['provider page', 'route', 'tool', 'command', 'test'], providers.flatMap(pageRows))],
    ['facts', table(factNames, providers.map(factsRow))],
    [
      'by status',
      listed(
        providers.flatMap(({ adapter: { displayName, list } }) =>
          list?.statuses === undefined ? [] : [displayName],
        ),
      ),
    ],
    ['words', table(['provider', 'status words'], providers.map(wordsRow))],
    ['settings', table(['variable', 'meaning', 'default'], documentedSettings.map(variableRow))],
    ['connections', table(['variable', 'meaning', 'default'], connectionVariables.map(variableRow))],
    ['secret settings', codes(secretSettings)],
    ['rights', table(['key in `may`', 'means', 'default'], rightsRows())],
    ['tools', table(['tool', 'does', 'changes anything?'], tools.map(toolRow))],
    ['outcome signs', signsTable('outcome', outcomeSigns)],
    ['state signs', signsTable('state of a job', stateSigns)],
    ['operation signs', signsTable('state of an operation', operationSigns)],
    ['options', table(['key', 'means', 'default'], optionRows(providers))],
  ]);
}

/** A document with its marked places filled in. Throws for a place without content. */
function fillIn(path: string, text: string, places: ReadonlyMap<string, string>): string {
  return text.replaceAll(
    /(<!-- generated: ([\w ]+) -->)[\s\S]*?(<!-- end -->)/g,
    (_place, begin: string, name: string, end: string) => {
      const content = places.get(name);
      if (content === undefined)
        throw new Error(`${path} has a place "${name}", which "npm run generate" cannot fill`);
      return `${begin}${content}${end}`;
    },
  );
}

/** The documents that name the providers, by their paths. */
export async function derivedDocuments(providers: readonly Provider[]): Promise<ReadonlyMap<string, string>> {
  const places = placesOf(providers);
  const entries = documents.map(
    async (path) => [path, fillIn(path, await readFile(path, 'utf8'), places)] as const,
  );
  return new Map(await Promise.all(entries));
}
