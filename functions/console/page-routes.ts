import type { Context, Hono } from 'hono';
import type { HonoEnvironment } from '../http/hono-env.ts';
import type { Page, PageFile } from './files.ts';

/** Files under an address that changes with their content are kept for a year; the page that names them is asked for each time. */
const forEver = 'public, max-age=31536000, immutable';
const eachTime = 'no-cache';

/** Serves the page and its files. They hold no secret, so they need no token. */
export function servePage(app: Hono<HonoEnvironment>, page: Page): void {
  app.get('/', (context) => {
    const etag = `"${page.hash}"`;
    if (context.req.header('if-none-match') === etag)
      return context.body(null, 304, { etag, 'cache-control': eachTime });
    return send(context, page.index, { etag, 'cache-control': eachTime });
  });
  app.get('/assets/:hash/*', (context) => {
    const prefix = `/assets/${page.hash}/`;
    const file = context.req.path.startsWith(prefix)
      ? page.files.get(context.req.path.slice(prefix.length))
      : undefined;
    return file === undefined ? context.notFound() : send(context, file, { 'cache-control': forEver });
  });
}

function send(
  context: Context<HonoEnvironment>,
  { type, body, gzipped }: PageFile,
  headers: Readonly<Record<string, string>>,
): Response {
  const isGzipped = /\bgzip\b/.test(context.req.header('accept-encoding') ?? '');
  return context.body(isGzipped ? gzipped : body, 200, {
    ...{ ...headers, 'content-type': type, vary: 'accept-encoding' },
    ...(isGzipped && { 'content-encoding': 'gzip' }),
  });
}
