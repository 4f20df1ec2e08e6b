import type { Context, Hono } from 'hono';
import { namesEtag } from '../etag.ts';
import type { HonoEnvironment } from '../http/hono-env.ts';
import type { Page, PageFile } from './files.ts';

/** Files under an address that changes with their content are kept for a year; the page that names them is asked for each time. */
const forEver = 'public, max-age=31536000, immutable';
const eachTime = 'no-cache';

/** Serves the page and its files. They hold no secret, so they need no token. */
export function servePage(app: Hono<HonoEnvironment>, page: Page): void {
  app.get('/', (context) => {
    // A weak one, because the answer may be compressed.
    const terms = { etag: `W/"${page.hash}"`, 'cache-control': eachTime, vary: 'accept-encoding' };
    const isKnown = namesEtag(context.req.header('if-none-match'), terms.etag);
    return isKnown ? context.body(null, 304, terms) : send(context, page.index, terms);
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
  const isGzipped = takesGzip(context.req.header('accept-encoding'));
  return context.body(isGzipped ? gzipped : body, 200, {
    ...{ ...headers, 'content-type': type, vary: 'accept-encoding' },
    ...(isGzipped && { 'content-encoding': 'gzip' }),
  });
}

/** Whether `Accept-Encoding` names gzip, and not with the weight 0. */
function takesGzip(accepted = ''): boolean {
  return accepted.split(',').some((each) => {
    const [name, ...parameters] = each.split(';').map((part) => part.trim().toLowerCase());
    return name === 'gzip' && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
  });
}
