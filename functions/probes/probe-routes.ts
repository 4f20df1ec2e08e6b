import type { Hono } from 'hono';
import type { HonoEnvironment } from '../http/hono-env.ts';
import type { Readiness } from './readiness.ts';

/**
 * Serves the probes, which need no caller: `/healthz` says that the process answers, `/readyz` whether it can carry out a
 * cancel. Without `ready` there is nothing that could keep it from that.
 */
export function serveProbes(
  app: Hono<HonoEnvironment>,
  ready: () => Promise<Readiness> = async () => 'ready',
): void {
  app.get('/healthz', (context) => context.json({ status: 'ok' }));
  app.get('/readyz', async (context) => {
    const readiness = await ready();
    if (readiness === 'ready') return context.json({ status: 'ready' });
    return context.json({ status: 'not_ready', reason: readiness }, 503);
  });
}
