import { randomUUID } from 'node:crypto';
import { serverInUse } from '../shared/config/client/server-in-use.ts';
import { ConfigurationError } from '../shared/config/configuration-error.ts';
import { readSettings, type Settings } from '../shared/config/settings.ts';
import { logToStderr as log } from '../shared/lib/log.ts';
import { localUser, openLocal } from '../shared/local-gateway.ts';
import { EmbeddedWork } from './own-work.ts';
import type { ServerParts } from './server-parts.ts';

/** The parts of a server in its own process, and how it ends its work. */
export interface OwnParts extends ServerParts {
  /** Sends nothing more. Resolves when what was sent is recorded. */
  endWork(): Promise<void>;
}

/**
 * The parts of a server in its own process: at the calloff server in use, if there is one, and otherwise from the configuration of
 * this machine. If that cannot be used, says so on standard error and ends the process with exit code 2.
 */
export async function localParts(): Promise<OwnParts> {
  try {
    const settings = readSettings();
    const server = await serverInUse(settings);
    if (server === undefined) return await embeddedParts(settings);
    const { remoteParts } = await import('./remote/remote-parts.ts');
    return { ...remoteParts(server), endWork: async () => undefined };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(2);
  }
}

async function embeddedParts(settings: Settings): Promise<OwnParts> {
  const local = await openLocal(settings, { log });
  const { gateway, configuration } = local;
  const ownWork = new EmbeddedWork(local);
  return {
    gateway,
    log,
    caller: async () => localUser('stdio', await configuration.current()),
    surface: 'stdio',
    newRequestId: randomUUID,
    ownWork,
    async endWork() {
      gateway.hasten();
      await ownWork.stop();
    },
  };
}
