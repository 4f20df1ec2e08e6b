import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { calloffVariables, otherVariables } from '../../shared/config/variables.ts';
import { codes, outcomes } from '../../shared/outcome.ts';
import { providerIds } from '../../shared/providers/provider-adapter.ts';
import { adapters } from '../../shared/providers/registry.ts';
import { version } from '../../shared/version.ts';

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file !== '' && existsSync(file));
const sources = files.filter((file) =>
  /^(functions|mcp|shared|cli|sandbox|scripts|bench)\/.*\.ts$/.test(file),
);
const read = (file: string) => readFileSync(file, 'utf8');
const readme = read('README.md');

/** Relative imports of a file, as paths from the root. */
function importsOf(file: string): string[] {
  const found = read(file).matchAll(/(?:from|import\()\s*'(\.[^']+)'/g);
  return [...found].map(([, path = '']) => normalize(join(dirname(file), path)));
}

/** Which folder may import from which: surface → service → adapter → http, leaves below all. */
const layers: readonly {
  readonly name: string;
  readonly holds: RegExp;
  readonly mayUse: readonly string[];
}[] = [
  { name: 'leaf', holds: /^shared\/[a-z-]+\.ts$/, mayUse: ['leaf'] },
  { name: 'http', holds: /^shared\/http\//, mayUse: ['leaf', 'http'] },
  { name: 'adapter', holds: /^shared\/providers\//, mayUse: ['leaf', 'http', 'adapter'] },
  { name: 'store', holds: /^shared\/store\//, mayUse: ['leaf', 'store'] },
  { name: 'access', holds: /^shared\/access\//, mayUse: ['leaf', 'store', 'access'] },
  {
    name: 'service',
    holds: /^shared\/cancellation\//,
    mayUse: ['leaf', 'http', 'adapter', 'access', 'store', 'service'],
  },
  {
    name: 'config',
    holds: /^shared\/config\//,
    mayUse: ['leaf', 'http', 'adapter', 'access', 'store', 'config'],
  },
  {
    name: 'gateway',
    holds: /^shared\/(local-)?gateway\.ts$/,
    mayUse: ['leaf', 'http', 'adapter', 'store', 'access', 'service', 'config', 'gateway'],
  },
  {
    name: 'surface',
    holds: /^(functions|mcp|cli)\//,
    mayUse: ['leaf', 'http', 'store', 'access', 'service', 'config', 'gateway', 'surface'],
  },
  { name: 'sandbox', holds: /^sandbox\//, mayUse: ['sandbox'] },
];

function layerOf(file: string) {
  return /^shared\/(local-)?gateway\.ts$/.test(file)
    ? layers.find(({ name }) => name === 'gateway')
    : layers.find(({ holds }) => holds.test(file));
}

/** Timers that must not keep a process alive, or that only end connections of Node's own. */
const timersOfTheirOwn = [
  'cli/jobs-to-confirm.ts',
  'functions/http/linger.ts',
  'functions/serve.ts',
  'mcp/stdio.ts',
];

describe('the tree', () => {
  it('has imports that point one way', () => {
    const wrong = sources.flatMap((file) => {
      const layer = layerOf(file);
      if (layer === undefined) return [];
      return importsOf(file)
        .filter((path) => !layer.mayUse.includes(layerOf(path)?.name ?? 'nowhere'))
        .map((path) => `${file} → ${path}`);
    });
    expect(wrong).toEqual([]);
  });

  it('calls fetch in one file', () => {
    const callers = sources.filter(
      (file) => !file.startsWith('sandbox/') && /\bfetch\(/.test(withoutComments(file)),
    );
    expect(callers.filter((file) => file.startsWith('shared/'))).toEqual(['shared/http/send.ts']);
  });

  it('reads the environment in one folder', () => {
    const readers = sources.filter(
      (file) => /process\.env\b/.test(withoutComments(file)) && !/^(scripts|bench)\//.test(file),
    );
    expect(readers.every((file) => file.startsWith('shared/config/'))).toBe(true);
  });

  it('takes the time from one clock', () => {
    const product = sources.filter((file) => /^(shared|functions|mcp|cli)\//.test(file));
    const asking = /\bDate\.now\b|\bDate\(\)|\bnew Date\b(?!\()|\bperformance\b|\bhrtime\b/;
    expect(product.filter((file) => asking.test(withoutComments(file)))).toEqual(['shared/clock.ts']);
    const timers = /\b(setTimeout|setInterval|node:timers)\b/;
    expect(product.filter((file) => timers.test(withoutComments(file)))).toEqual([
      ...timersOfTheirOwn,
      'shared/clock.ts',
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

  it('is of one version', () => {
    expect(JSON.parse(read('package.json')).version).toBe(version);
    expect(read('CHANGELOG.md')).toContain(`## ${version}`);
  });
});

describe.each(providerIds)('the provider %s', (id) => {
  it('is in the registry, has fixtures, a pretend twin and a row in the README', () => {
    expect(adapters[id].id).toBe(id);
    expect(files).toContain(`test/fixtures/${id}.ts`);
    expect(files).toContain(`sandbox/providers/${id}.ts`);
    expect(readme).toMatch(new RegExp(`^\\| ${adapters[id].displayName} `, 'm'));
  });
});

describe('the README', () => {
  it.each([...calloffVariables, ...otherVariables].map(({ name }) => name))('explains %s', (name) => {
    expect(readme).toContain(`\`${name}\``);
  });

  it.each([...Object.keys(outcomes), ...Object.keys(codes)])('explains %s', (word) => {
    expect(readme).toContain(`\`${word}\``);
  });
});

describe.each(files.filter((file) => file.endsWith('.md')))('the document %s', (file) => {
  it('points only to files that are there', () => {
    const links = [...read(file).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, path = '']) => path);
    expect(links.filter((path) => !existsSync(join(dirname(file), path)))).toEqual([]);
  });
});

describe('SECURITY.md', () => {
  it('names only files that are there', () => {
    const named = [...read('SECURITY.md').matchAll(/`((?:shared|test)\/[\w/.-]+)`/g)].map(
      ([, path = '']) => path,
    );
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((path) => !existsSync(path))).toEqual([]);
  });
});

function withoutComments(file: string): string {
  return read(file).replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
}
