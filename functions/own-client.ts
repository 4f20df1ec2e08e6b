import type { Context, MiddlewareHandler } from 'hono';
import { asAgent } from '../mcp/as-agent.ts';
import type { RequestContext } from '../shared/cancellation/request-context.ts';
import type { HonoEnvironment } from './http/hono-env.ts';

/**
 * The headers of a request by calloff's own client. `surface`: `cli`, or `stdio` for `calloff mcp`; it decides on the words of the
 * answer, and with `stdio` the caller is an agent. `limit`: the milliseconds after which the client stops waiting.
 */
export const clientHeaders = { surface: 'calloff-surface', limit: 'calloff-limit-ms' } as const;

/**
 * Recognises a request by calloff's own client. The header is the client's word, so it can only take rights away: a value that
 * is not known counts as an assistant's.
 */
export function knowOwnClient(confirmAbove: number): MiddlewareHandler<HonoEnvironment> {
  return async (context, next) => {
    const surface = context.req.header(clientHeaders.surface);
    if (surface === 'cli' && context.get('surface') === 'http') context.set('surface', 'cli');
    else if (surface !== undefined) {
      context.set('surface', 'stdio');
      context.set('caller', asAgent(context.get('caller'), confirmAbove));
    }
    return next();
  };
}

/** The surface of a request, and what the client of another machine says about it. */
export function calledFrom(
  context: Context<HonoEnvironment>,
): Pick<RequestContext, 'surface' | 'isRemote' | 'limitMs'> {
  const surface = context.get('surface');
  if (surface !== 'cli' && surface !== 'stdio') return { surface };
  const limit = context.req.header(clientHeaders.limit) ?? '';
  return { surface, isRemote: true, ...(/^[1-9]\d{3,6}$/.test(limit) && { limitMs: Number(limit) }) };
}
