import { createHash } from 'node:crypto';
import { access, readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { ConfigurationError } from '../../shared/config/configuration-error.ts';

/** A file of the page, as it is and compressed. */
export interface PageFile {
  readonly type: string;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly gzipped: Uint8Array<ArrayBuffer>;
}

/** The page: what stands at `/`, and everything it loads, below an address that changes with any of it. */
export interface Page {
  readonly index: PageFile;
  /** The part of the address that stands for the content of all files, so that they may be kept for ever. */
  readonly hash: string;
  /** By their path below the folder, such as `views/jobs.js`: all but the page itself, whose links begin where it stands. */
  readonly files: ReadonlyMap<string, PageFile>;
}

const types: ReadonlyMap<string, string> = new Map([
  ['html', 'text/html; charset=utf-8'],
  ['js', 'text/javascript; charset=utf-8'],
  ['css', 'text/css; charset=utf-8'],
  ['svg', 'image/svg+xml'],
]);

/** Where the page is: beside the bundle, beside the folder of its parts, or where the source code has it. */
const places = ['./console/', '../console/', '../../console/'] as const;

/**
 * The folder of the page.
 * @throws {ConfigurationError} if there is none.
 */
export async function pageFolder(here = import.meta.url): Promise<string> {
  for (const place of places) {
    const folder = new URL(place, here);
    const isThere = await access(new URL('index.html', folder)).then(
      () => true,
      () => false,
    );
    if (isThere) return fileURLToPath(folder);
  }
  throw new ConfigurationError([
    'CALLOFF_CONSOLE is on, but this copy of calloff has no page: install it anew',
  ]);
}

/** Reads the page from its folder. Types and tests that stand there are no part of it. */
export async function loadPage(folder: string): Promise<Page> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)).split(sep).join('/'))
    .filter((path) => types.has(endingOf(path)) && !path.startsWith('.'))
    .toSorted();
  const read = await Promise.all(
    paths.map(async (path) => [path, withoutDocs(path, await readFile(join(folder, path)))] as const),
  );
  const all = createHash('sha256');
  for (const [path, body] of read) all.update(`${path}\n${body.length}\n`).update(body);
  const hash = all.digest('hex').slice(0, 16);
  const loaded = read.filter(([path]) => path !== 'index.html');
  const files = new Map(loaded.map(([path, body]) => [path, fileOf(path, body)]));
  const html = read.find(([path]) => path === 'index.html')?.[1].toString('utf8');
  if (html === undefined) throw new Error(`the page has no index.html in ${folder}`);
  const index = html.replaceAll(/(href|src)="([\w/.-]+)"/g, `$1="assets/${hash}/$2"`);
  return { index: fileOf('index.html', Buffer.from(index)), hash, files };
}

/** Leaves the doc comments out of a module, with its types a third of what would travel. The licence in `vendor` stays. */
function withoutDocs(path: string, body: Buffer): Buffer {
  if (endingOf(path) !== 'js' || path.startsWith('vendor/')) return body;
  return Buffer.from(body.toString('utf8').replaceAll(/^[ \t]*\/\*\*[\s\S]*?\*\/\n/gm, ''));
}

function endingOf(path: string): string {
  return path.split('.').at(-1) ?? '';
}

function fileOf(path: string, body: Buffer): PageFile {
  const type = types.get(endingOf(path)) ?? 'application/octet-stream';
  return { type, body: new Uint8Array(body), gzipped: new Uint8Array(gzipSync(body, { level: 9 })) };
}
