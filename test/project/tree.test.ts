import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { connectionVariables } from '../../shared/config/environment/documented-variables.ts';
import { variables } from '../../shared/config/variables.ts';
import { causes, codes, outcomes } from '../../shared/contract/outcome.ts';
import { providerIds } from '../../shared/contract/provider-ids.ts';
import { version } from '../../shared/lib/version.ts';
import { adapters } from '../fixtures/adapters.ts';
import { documents, everyDocument, fences, page, readme, sectionOf } from '../support/documents.ts';

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file !== '' && existsSync(file));
const sources = files.filter((file) =>
  /^(functions|mcp|shared|cli|sandbox|scripts|bench)\/.*\.ts$/.test(file),
);
/** The modules of the page, which import nothing but each other. */
const pageModules = files.filter((file) => /^console\/(?!vendor\/).*\.js$/.test(file));
const read = (file: string) => readFileSync(file, 'utf8');

/** Relative imports of a file, as paths from the root. */
function importsOf(file: string): string[] {
  const found = read(file).matchAll(/(?:from|import|import\()\s*'(\.[^']+)'/g);
  return [...found].map(([, path = '']) => normalize(join(dirname(file), path)));
}

/** Which part may import from which, besides itself: what stands lower may use nothing that stands above. */
const layers: readonly {
  readonly name: string;
  readonly holds: RegExp;
  readonly mayUse: readonly string[];
}[] = [
  { name: 'contract', holds: /^shared\/(contract|lib)\//, mayUse: [] },
  { name: 'http', holds: /^shared\/http\//, mayUse: ['contract'] },
  { name: 'providers', holds: /^shared\/(adapter|providers)\//, mayUse: ['contract', 'http'] },
  { name: 'store', holds: /^shared\/store\//, mayUse: ['contract'] },
  { name: 'access', holds: /^shared\/access\//, mayUse: ['contract', 'store'] },
  { name: 'webhooks', holds: /^shared\/webhooks\//, mayUse: ['contract', 'http', 'store', 'access'] },
  { name: 'messages', holds: /^shared\/messages\//, mayUse: ['contract', 'http', 'providers', 'access'] },
  { name: 'engine', holds: /^shared\/engine\//, mayUse: ['contract', 'http', 'providers', 'messages'] },
  {
    name: 'cancellation',
    holds: /^shared\/cancellation\//,
    mayUse: ['contract', 'http', 'providers', 'store', 'access', 'messages', 'engine'],
  },
  {
    name: 'operations',
    holds: /^shared\/operations\//,
    mayUse: ['contract', 'providers', 'store', 'access', 'messages'],
  },
  {
    name: 'use-cases',
    holds: /^shared\/use-cases\//,
    mayUse: [
      'contract',
      'http',
      'providers',
      'store',
      'access',
      'messages',
      'engine',
      'cancellation',
      'operations',
      'work',
    ],
  },
  {
    name: 'work',
    holds: /^shared\/work\//,
    mayUse: [
      'contract',
      'http',
      'providers',
      'store',
      'access',
      'messages',
      'engine',
      'cancellation',
      'operations',
      'gateway',
    ],
  },
  {
    name: 'config',
    holds: /^shared\/config\//,
    mayUse: ['contract', 'http', 'providers', 'store', 'access', 'messages'],
  },
  {
    name: 'gateway',
    holds: /^shared\/((local-)?gateway|gateway-parts|connections|operation-worker)\.ts$/,
    mayUse: [
      'contract',
      'http',
      'providers',
      'store',
      'access',
      'messages',
      'engine',
      'cancellation',
      'use-cases',
      'operations',
      'work',
      'config',
      'webhooks',
    ],
  },
  {
    name: 'surface',
    holds: /^(functions|mcp|cli)\//,
    mayUse: [
      'contract',
      'http',
      'store',
      'access',
      'messages',
      'cancellation',
      'use-cases',
      'config',
      'webhooks',
      'gateway',
      'laws',
    ],
  },
  { name: 'laws', holds: /^shared\/laws\//, mayUse: ['contract', 'http', 'providers', 'messages', 'engine'] },
  { name: 'sandbox', holds: /^sandbox\//, mayUse: [] },
  {
    name: 'page-tools',
    holds: /^console\/(vendor\/|types\.d\.ts|(announce|focus|poll|semaphore|time|typing)\.js)/,
    mayUse: [],
  },
  { name: 'page-model', holds: /^console\/model\//, mayUse: ['page-tools'] },
  { name: 'page-api', holds: /^console\/api\.js/, mayUse: ['page-tools', 'page-model'] },
  { name: 'page-actions', holds: /^console\/actions\//, mayUse: ['page-tools', 'page-model', 'page-api'] },
  { name: 'page-views', holds: /^console\/views\//, mayUse: ['page-tools', 'page-model'] },
];

function layerOf(file: string) {
  return layers.find(({ holds }) => holds.test(file));
}

/** What runs on its own: all but sandbox, scripts and benches. */
const product = sources.filter((file) => /^(shared|functions|mcp|cli)\//.test(file));
/** So many files may stand in one folder. */
const mostFiles = 16;

/** Timers that must not keep a process alive, or that only end connections of Node's own. */
const timersOfTheirOwn = ['functions/http/lingering-close.ts', 'functions/http/server.ts', 'mcp/stdio.ts'];

describe('the tree', () => {
  it('has imports that point one way', () => {
    const wrong = [...sources, ...pageModules].flatMap((file) => {
      const layer = layerOf(file);
      if (layer === undefined) return [];
      return importsOf(file)
        .filter((path) => layerOf(path) !== layer && !layer.mayUse.includes(layerOf(path)?.name ?? 'nowhere'))
        .map((path) => `${file} → ${path}`);
    });
    expect(wrong).toEqual([]);
  });

  it('has no imports in a circle, of types neither', () => {
    expect(circlesIn(new Map([...sources, ...pageModules].map((file) => [file, importsOf(file)])))).toEqual(
      [],
    );
  });

  it('exports no name from two files', () => {
    // What Lambda calls has one name in every function.
    const ofProduct = product.flatMap((file) =>
      exportsOf(file)
        .filter((name) => !(name === 'handler' && /^functions\/[a-z]+\.ts$/.test(file)))
        .map((name) => ({ name, file })),
    );
    const ofPage = pageModules.flatMap((file) => exportsOf(file).map((name) => ({ name, file })));
    const twice = [ofProduct, ofPage].flatMap((names) =>
      [...Map.groupBy(names, ({ name }) => name).values()].filter(({ length }) => length > 1),
    );
    expect(twice).toEqual([]);
  });

  it('has no folder too full to be taken in', () => {
    const folders = Map.groupBy([...sources, ...pageModules], (file) => dirname(file));
    const full = [...folders].filter(([, { length }]) => length > mostFiles).map(([folder]) => folder);
    expect(full).toEqual([]);
  });

  it('has no file too long to be read in one go, and none at its heart over 150 lines', () => {
    const heart =
      /^(shared\/(cancellation|access\/confirmation|messages|config)\/|shared\/gateway|functions\/http\/openapi)/;
    const tooLong = [...sources, ...pageModules]
      .filter((file) => !read(file).startsWith('// Generated by'))
      .filter((file) => read(file).split('\n').length - 1 > (heart.test(file) ? 150 : 250));
    expect(tooLong).toEqual([]);
  });

  it('calls fetch for providers in one file, and for the webhook in another', () => {
    const callers = sources.filter(
      (file) => !file.startsWith('sandbox/') && /\bfetch\(/.test(withoutComments(file)),
    );
    expect(callers.filter((file) => file.startsWith('shared/')).toSorted()).toEqual([
      'shared/http/send-request.ts',
      'shared/webhooks/post.ts',
    ]);
  });

  it('reads the environment in one folder', () => {
    const readers = sources.filter(
      (file) => /process\.env\b/.test(withoutComments(file)) && !/^(scripts|bench)\//.test(file),
    );
    expect(readers.every((file) => file.startsWith('shared/config/'))).toBe(true);
  });

  it('takes the time from one clock', () => {
    const asking = /\bDate\.now\b|\bDate\(\)|\bnew Date\b(?!\()|\bperformance\b|\bhrtime\b/;
    expect(product.filter((file) => asking.test(withoutComments(file)))).toEqual(['shared/lib/clock.ts']);
    const timers = /\b(setTimeout|setInterval|node:timers)\b/;
    expect(product.filter((file) => timers.test(withoutComments(file)))).toEqual([
      ...timersOfTheirOwn,
      'shared/lib/clock.ts',
    ]);
  });

  it('names no provider on a surface', () => {
    const named = sources.filter((file) => {
      const text = read(file).replaceAll(
        /'such as [^']*'|such as ionq|description\('[^']*'\)|\.description\(\s*'[^']*'/g,
        '',
      );
      return (
        /^(functions|mcp)\//.test(file) && new RegExp(`\\b(${providerIds.join('|')})\\b`, 'i').test(text)
      );
    });
    expect(named).toEqual([]);
  });

  it('leaves no TODO, no skipped test and no mock', () => {
    const tests = files.filter((file) => /^test\/.*\.ts$/.test(file) && file !== 'test/project/tree.test.ts');
    const pattern = /\b(describe|it|test)\.(skip|only|todo|fails)\b|\bvi\.(mock|spyOn|fn)\b/;
    expect(tests.filter((file) => pattern.test(read(file)))).toEqual([]);
    expect(sources.filter((file) => /\b(TODO|FIXME|XXX)\b/.test(read(file)))).toEqual([]);
  });

  it('holds no path of a machine and no key', () => {
    const text = files.filter(
      (file) => /\.(ts|md|json|yml|yaml)$/.test(file) && file !== 'test/project/tree.test.ts',
    );
    const wrong = text.filter((file) =>
      /\/(home|root|work|Users)\/[a-z]+\/|AKIA[0-9A-Z]{16}|sk_live_[A-Za-z0-9]{8}/.test(read(file)),
    );
    expect(wrong).toEqual([]);
  });

  it('has locks that say where each package is, so that npm need not ask the registry first', () => {
    const locks = files.filter((file) => file.endsWith('package-lock.json'));
    const lockSchema = z.object({
      packages: z.record(z.string(), z.object({ resolved: z.string().optional() })),
    });
    const unplaced = locks.flatMap((file) =>
      Object.entries(lockSchema.parse(JSON.parse(read(file))).packages)
        .filter(
          ([path, { resolved = '' }]) => path !== '' && !resolved.startsWith('https://registry.npmjs.org/'),
        )
        .map(([path]) => `${file}: ${path}`),
    );
    expect(locks).toContain('test/referees/package-lock.json');
    expect(unplaced, 'npm install with --omit-lockfile-registry-resolved=false writes it').toEqual([]);
  });

  it('is of one version', () => {
    expect(JSON.parse(read('package.json')).version).toBe(version);
    expect(read('CHANGELOG.md')).toContain(`## ${version}`);
  });
});

describe.each(providerIds)('the provider %s', (id) => {
  it('is in the registry, has fixtures, a pretend twin, its name in the README and a row in every table of providers', () => {
    expect(adapters[id].id).toBe(id);
    expect(files).toContain(`test/fixtures/${id}.ts`);
    expect(files).toContain(`sandbox/providers/${id}.ts`);
    expect(readme).toContain(adapters[id].displayName);
    const tables = [
      'Facts',
      'Keys and least privilege',
      'Pages, routes and tools',
      'Whose job is it',
      'Status words',
    ];
    const rows = new RegExp(`^\\| ${adapters[id].displayName} `, 'm');
    for (const heading of tables) expect(sectionOf(page('docs/providers.md'), heading)).toMatch(rows);
  });
});

describe('the documents', () => {
  it.each([...Object.values(variables), ...connectionVariables].map(({ name }) => name))(
    'explain %s',
    (name) => {
      expect(everyDocument).toContain(`\`${name}\``);
    },
  );

  it.each([...Object.keys(outcomes), ...Object.keys(codes), ...causes])('explain %s', (word) => {
    expect(everyDocument).toContain(`\`${word}\``);
  });

  it('have commands that an interactive shell takes as they are: zsh knows no comments there', () => {
    const commands = [...documents].flatMap(([path, text]) =>
      fences(text, 'sh').flatMap((block) => block.split('\n').map((line) => `${path}: ${line}`)),
    );
    expect(commands.length).toBeGreaterThan(30);
    expect(commands.filter((line) => /[ \t]#/.test(line))).toEqual([]);
  });
});

describe('the README', () => {
  it.each(Object.keys(outcomes))('has the outcome %s', (word) => {
    expect(readme).toMatch(new RegExp(`^\\| \`${word}\` \\|`, 'm'));
  });

  it('fits on a first page', () => {
    expect(readme.split('\n').length - 1).toBeLessThanOrEqual(110);
  });

  it('leads to every page', () => {
    const pages = [...documents.keys()].filter((path) => path !== 'README.md');
    expect(pages.length).toBeGreaterThan(9);
    expect(pages.filter((path) => !readme.includes(`](${path})`))).toEqual([]);
  });
});

describe.each(files.filter((file) => file.endsWith('.md')))('the document %s', (file) => {
  it('points only to files that are there', () => {
    const links = [...read(file).matchAll(/(?:\]\(|\b(?:src|srcset)=")(?!https?:|#)([^)#"]+)/g)].map(
      ([, path = '']) => path,
    );
    expect(links.filter((path) => !existsSync(join(dirname(file), path)))).toEqual([]);
  });

  it('points only to headings that are there', () => {
    const links = [...read(file).matchAll(/\]\((?!https?:)([^)#]*)#([^)]+)\)/g)];
    const dead = links.filter(([, path = '', heading = '']) => {
      const target = path === '' ? file : join(dirname(file), path);
      return !headingsOf(read(target)).includes(heading);
    });
    expect(dead.map(([link]) => link)).toEqual([]);
  });
});

describe.each([
  ['SECURITY.md', 20],
  ['CONTRIBUTING.md', 20],
  ['docs/architecture.md', 30],
])('%s', (document, least) => {
  it('names only files that are there', () => {
    const named = [
      ...read(document).matchAll(/`((?:shared|test|functions|mcp|cli|sandbox|scripts)\/[\w/.-]*)`/g),
    ].map(([, path = '']) => path);
    expect(named.length).toBeGreaterThan(least);
    expect(named.filter((path) => !path.includes('nimbus') && !existsSync(path))).toEqual([]);
  });
});

describe('SECURITY.md', () => {
  const rows = read('SECURITY.md')
    .split('\n')
    .filter((line) => line.startsWith('| ') && line.includes('`test/'));
  const threats = read('SECURITY.md')
    .split('\n')
    .filter((line) => /^\| (?!threat )/.test(line));

  it('names the tests of every threat, and in their place nothing but tests', () => {
    expect(threats.length).toBeGreaterThan(40);
    expect(threats.filter((line) => !rows.includes(line))).toEqual([]);
    const named = threats.flatMap((line) => [...(line.split(' | ').at(-1) ?? '').matchAll(/`([^`]+)`/g)]);
    expect(named.map(([, path = '']) => path).filter((path) => !isTest(path))).toEqual([]);
  });
});

/** Whether it is a file of tests, or a folder with some. */
function isTest(path: string): boolean {
  return files.some((file) => file.endsWith('.test.ts') && (file === path || file.startsWith(`${path}/`)));
}

/** The headings of a document, as links name them. */
function headingsOf(document: string): string[] {
  return [...document.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

/** The names of what a file exports where it declares it. */
function exportsOf(file: string): string[] {
  const found = read(file).matchAll(
    /^export (?:async |abstract )*(?:function\*?|class|interface|type|const|let) (\w+)/gm,
  );
  return [...found].map(([, name = '']) => name);
}

/** Groups of files each of which imports, by way of others, itself. */
function circlesIn(imports: ReadonlyMap<string, readonly string[]>): string[][] {
  const reached = new Map([...imports.keys()].map((file) => [file, reachableFrom(file, imports)]));
  const circular = [...imports.keys()].filter((file) => reached.get(file)?.has(file));
  const groups = Map.groupBy(circular, (file) => {
    const group = circular.filter((other) => reached.get(file)?.has(other) && reached.get(other)?.has(file));
    return group.toSorted().join(' ');
  });
  return [...groups.values()];
}

function reachableFrom(start: string, imports: ReadonlyMap<string, readonly string[]>): Set<string> {
  const found = new Set<string>();
  const open = [...(imports.get(start) ?? [])];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    open.push(...(imports.get(next) ?? []));
  }
  return found;
}

function withoutComments(file: string): string {
  return read(file).replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
}
