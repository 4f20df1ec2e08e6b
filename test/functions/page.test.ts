import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadPage, type Page, pageFolder } from '../../functions/console/files.ts';
import { writePage } from '../../scripts/build/page.ts';
import { ConfigurationError } from '../../shared/config/configuration-error.ts';
import { consoleApp } from '../support/console-app.ts';
import { startPrefixProxy } from '../support/network/prefix-proxy.ts';
import { freshFolder } from '../support/process/temporary.ts';
import { openTestServer, type TestServer } from '../support/surfaces/test-server.ts';
import { runs } from '../support/thorough.ts';

let page: Page;
let get: (path: string, headers?: Record<string, string>, method?: string) => Promise<Response>;
beforeAll(async () => {
  page = await loadPage(await pageFolder());
  const { app } = consoleApp({ page });
  get = async (path, headers = {}, method = 'GET') => app.request(path, { method, headers });
});

const bytesOf = async (response: Response) => Buffer.from(await response.arrayBuffer());
const at = (file: string) => `/assets/${page.hash}/${file}`;
/** The addresses that the page loads. */
const loads = (html: string) => [...html.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, path = '']) => path);
/** The addresses that a module imports, or a style sheet names. */
const imports = (text: string) =>
  [...text.matchAll(/^\s*(?:\}|import\b|export\b).*?['"](\.[^'"]+)['"]|\burl\(['"]?([^'")]+)/gm)].map(
    ([, path = '', url = path]) => url,
  );

describe('the page', () => {
  it('is asked for each time, and known again by its tag, compressed or not', async () => {
    const response = await get('/');
    const { headers } = response;
    expect(response.status).toBe(200);
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(headers.get('cache-control')).toBe('no-cache');
    expect(headers.get('vary')).toBe('accept-encoding');
    const etag = headers.get('etag') ?? '';
    expect(etag).toMatch(/^W\/"[0-9a-f]{16}"$/);
    for (const known of [etag, etag.slice(2), `"x", ${etag}`, '*']) {
      const again = await get('/', { 'if-none-match': known, 'accept-encoding': 'gzip' });
      expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', etag]);
      expect(again.headers.get('cache-control')).toBe('no-cache');
    }
    for (const other of ['"x"', page.hash, ''])
      expect((await get('/', { 'if-none-match': other })).status).toBe(200);
  });

  it('loads its files from addresses that change with any of them, and are kept for ever', async () => {
    const html = await (await get('/')).text();
    expect(loads(html).toSorted()).toEqual(
      ['console.css', 'icon.svg', 'main.js'].map((file) => `assets/${page.hash}/${file}`),
    );
    for (const path of loads(html)) {
      const response = await get(`/${path}`);
      expect([response.status, response.headers.get('cache-control')]).toEqual([
        200,
        'public, max-age=31536000, immutable',
      ]);
    }
  });

  it('has every file that its files load, each with the type of its content', async () => {
    const types = {
      js: 'text/javascript; charset=utf-8',
      css: 'text/css; charset=utf-8',
      svg: 'image/svg+xml',
    };
    const open = ['main.js', 'console.css', 'icon.svg'];
    const reached = new Set(open);
    for (const file of reached) {
      const response = await get(at(file));
      const type = Object.entries(types).find(([ending]) => file.endsWith(`.${ending}`))?.[1];
      expect([file, response.status, response.headers.get('content-type')]).toEqual([file, 200, type]);
      const text = (await response.text()).replaceAll(/\/\*[\s\S]*?\*\//g, '');
      for (const path of imports(text)) reached.add(new URL(path, `http://page/${file}`).pathname.slice(1));
    }
    expect([...page.files.keys()].filter((file) => !reached.has(file))).toEqual([]);
  });

  it('is compressed for those who take that, and the same for all others', async () => {
    for (const path of ['/', at('main.js'), at('console.css')]) {
      const plain = await get(path);
      expect(plain.headers.get('content-encoding')).toBeNull();
      const whole = await bytesOf(plain);
      for (const accepted of ['gzip', 'br;q=1.0, GZIP;q=0.5', 'deflate, gzip ; q=1']) {
        const packed = await get(path, { 'accept-encoding': accepted });
        expect([packed.headers.get('content-encoding'), packed.headers.get('vary')]).toEqual([
          'gzip',
          'accept-encoding',
        ]);
        expect(gunzipSync(await bytesOf(packed))).toEqual(whole);
      }
      for (const accepted of ['gzip;q=0', 'gzip; q=0.0', 'identity', 'gzipped', 'x-gzip', '']) {
        const { headers } = await get(path, { 'accept-encoding': accepted });
        expect([accepted, headers.get('content-encoding')]).toEqual([accepted, null]);
      }
    }
  });

  it('weighs less than 60 KB as npm start, the package and AWS serve it', async () => {
    const folder = freshFolder();
    await writePage(folder);
    const { index, files } = await loadPage(folder);
    const all = [index, ...files.values()];
    const bytes = all.reduce((sum, { gzipped }) => sum + gzipped.length, 0);
    globalThis.console.info(`the page weighs ${bytes.toLocaleString('en')} bytes in ${all.length} files`);
    expect(bytes).toBeLessThan(60_000);
  });

  it('is served by HEAD with the same headers and no body', async () => {
    for (const path of ['/', at('main.js')]) {
      const [whole, head] = [await get(path), await get(path, {}, 'HEAD')];
      expect([head.status, await head.text()]).toEqual([200, '']);
      expect([...head.headers]).toEqual([...whole.headers]);
    }
  });

  it('takes no other method', async () => {
    for (const path of ['/', at('main.js')]) {
      const response = await get(path, {}, 'POST');
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    }
  });

  it('has a problem, which no cache keeps, at every address but those of its files', async () => {
    // A path of dot segments alone is the root before it leaves a client, and a slash at the end changes none.
    const known = new Set(['/', ...[...page.files.keys()].map(at)]);
    const piece = fc.constantFrom(
      ...[
        'assets',
        page.hash,
        '0'.repeat(16),
        'main.js',
        'views',
        'index.html',
        'tsconfig.json',
        'types.d.ts',
      ],
      ...[
        '..',
        '.',
        '%2e%2e',
        '%2f',
        '%5c',
        '\\',
        '',
        '__proto__',
        'constructor',
        '%00',
        'etc',
        'passwd',
        '?',
        '#',
      ],
    );
    const path = fc.array(piece, { maxLength: 7 }).map((pieces) => `/assets/${pieces.join('/')}`);
    const examples = [
      at('index.html'),
      at('types.d.ts'),
      at('../main.js'),
      at('views/../main.js'),
      at('MAIN.JS'),
      `/assets/${'0'.repeat(16)}/main.js`,
    ];
    await fc.assert(
      fc.asyncProperty(path, async (asked) => {
        const response = await get(asked);
        if (response.status === 200)
          expect(known).toContain(new URL(asked, 'http://page').pathname.replace(/\/$/, '') || '/');
        else {
          expect([400, 404]).toContain(response.status);
          expect(response.headers.get('content-type')).toBe('application/problem+json');
          expect(response.headers.get('cache-control')).toBe('no-store');
        }
      }),
      { numRuns: runs(1_000, 200), examples: examples.map((example): [string] => [example]) },
    );
  });
});

describe('what is loaded', () => {
  /** A copy of the page to change. */
  async function copied(): Promise<string> {
    const folder = join(freshFolder(), 'console');
    await cp(await pageFolder(), folder, { recursive: true });
    return folder;
  }

  it('has another address after a change, a new file or another name, and only then', async () => {
    const folder = await copied();
    const hashes = [page.hash, (await loadPage(folder)).hash];
    const change = async (file: string, text: string) => {
      await writeFile(join(folder, file), text);
      hashes.push((await loadPage(folder)).hash);
    };
    await change('types.d.ts', '// no part of the page');
    expect(new Set(hashes).size).toBe(1);
    await change('console.css', '');
    await change('new.js', 'export {};');
    await rm(join(folder, 'new.js'));
    await change('newer.js', 'export {};');
    expect(new Set(hashes).size).toBe(4);
  });

  it('is what the page needs, and not what stands beside it', async () => {
    const folder = await copied();
    await mkdir(join(folder, '.git'));
    for (const file of ['.hidden.js', '.git/x.js', 'notes.md', 'main.test.ts', '.env'])
      await writeFile(join(folder, file), '');
    expect((await loadPage(folder)).hash).toBe(page.hash);
  });

  it('is found beside a bundle and beside the folder of its parts, and missed with a sentence', async () => {
    const folder = await copied();
    const bundle = pathToFileURL(join(folder, '../calloff.mjs')).href;
    const part = pathToFileURL(join(folder, '../console-parts/part.mjs')).href;
    for (const here of [bundle, part]) expect(await pageFolder(here)).toBe(`${folder}/`);
    await rm(join(folder, 'index.html'));
    await expect(pageFolder(bundle)).rejects.toThrow(ConfigurationError);
  });
});

describe('the console behind a proxy that serves it below a path', () => {
  let server: TestServer;
  let proxy: Awaited<ReturnType<typeof startPrefixProxy>>;
  beforeAll(async () => {
    const ada = { kind: 'person', may: { connections: ['*'], actions: ['list', 'cancel'] } } as const;
    server = await openTestServer({ ada }, { CALLOFF_CONSOLE: 'on' });
    proxy = await startPrefixProxy(server.url, '/calloff/');
  });
  afterAll(async () => {
    await proxy.close();
    await server.close();
  });

  it('loads, signs in, reads and cancels with no address but its own', async () => {
    const html = await fetch(proxy.url);
    expect(html.status).toBe(200);
    for (const path of loads(await html.text())) {
      const asset = new URL(path, proxy.url).href;
      expect(asset.startsWith(proxy.url)).toBe(true);
      expect((await fetch(asset)).status).toBe(200);
    }
    const own = { 'sec-fetch-site': 'same-origin', origin: new URL(proxy.url).origin };
    const body = JSON.stringify({ token: server.tokenOf('ada') });
    const signedIn = await fetch(new URL('v1/session', proxy.url), { method: 'POST', headers: own, body });
    expect(signedIn.status).toBe(200);
    const cookie = (signedIn.headers.get('set-cookie') ?? '').split(';', 1).join();
    const id = server.sandbox.providers.sutro.addJob({ state: 'running' });
    const listed = await fetch(new URL('v1/jobs', proxy.url), { headers: { cookie } });
    expect(await listed.text()).toContain(id);
    const address = new URL(`v1/providers/sutro/jobs/${id}/cancel`, proxy.url);
    const answer = await fetch(address, { method: 'POST', headers: { ...own, cookie } });
    expect(await answer.json()).toMatchObject({ outcome: 'cancelled' });
  });

  it('takes a session nowhere but below /v1', async () => {
    const body = JSON.stringify({ token: server.tokenOf('ada') });
    const signedIn = await fetch(`${server.url}/v1/session`, { method: 'POST', body });
    const cookie = (signedIn.headers.get('set-cookie') ?? '').split(';', 1).join();
    const headers = {
      cookie,
      'sec-fetch-site': 'same-origin',
      accept: 'application/json, text/event-stream',
    };
    const ask = async (path: string, init: RequestInit) =>
      (await fetch(`${server.url}${path}`, { ...init, headers: { ...headers, ...init.headers } })).status;
    expect(await ask('/v1/providers', {})).toBe(200);
    const message = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
    expect(await ask('/mcp', { method: 'POST', body: message })).toBe(401);
    expect(await ask('/slack/commands', { method: 'POST', body: 'text=list' })).not.toBe(200);
    const authorization = `Bearer ${cookie.split('=')[1]}`;
    expect(await ask('/mcp', { method: 'POST', body: message, headers: { authorization } })).toBe(401);
    expect(await ask('/v1/providers', { headers: { authorization } })).toBe(401);
  });
});
