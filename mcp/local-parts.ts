import { randomUUID } from 'node:crypto';
import { ConfigurationError } from '../shared/config/configuration-error.ts';
import { readSettings } from '../shared/config/settings.ts';
import { logToStderr as log } from '../shared/lib/log.ts';
import { localUser, openLocal } from '../shared/local-gateway.ts';
import { EmbeddedWork } from './own-work.ts';
import type { ServerParts } from './server-parts.ts';

/**
 * The parts of a server in its own process, from the configuration of this machine. If that cannot be used, says so on
 * standard error and ends the process with exit code 2.
 */
export async function localParts(): Promise<ServerParts & { readonly ownWork: EmbeddedWork }> {
  try {
    const local = await openLocal(readSettings(), { log });
    const { gateway, configuration } = local;
    return {
      gateway,
      log,
      caller: async () => localUser('stdio', await configuration.current()),
      surface: 'stdio',
      newRequestId: randomUUID,
      ownWork: new EmbeddedWork(local),
    };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(2);
  }
}
