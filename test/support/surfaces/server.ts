import { type RunningServer, startServer } from '../../../functions/http/server.ts';
import type { Settings } from '../../../shared/config/settings.ts';
import { type Log, silentLog } from '../../../shared/lib/log.ts';
import { openLocal } from '../../../shared/local-gateway.ts';
import { freshFolder } from '../process/temporary.ts';

/** The embedded server on the connections of `settings`, with a store of its own. */
export async function serverFor(settings: Settings, log: Log = silentLog): Promise<RunningServer> {
  const own = { ...settings, dataFolder: freshFolder() };
  return startServer(own, await openLocal(own, { log, redirect: () => settings.connections }), log);
}
