import * as z from 'zod';
import { twinNames } from '../sandbox/providers/index.ts';
import { startSandbox } from '../sandbox/sandbox.ts';
import type { ConnectionSettings } from '../shared/config/connection-settings.ts';
import type { Settings } from '../shared/config/settings.ts';

/** The pretend providers that `npm start` serves beside. */
export interface SandboxBeside {
  /** Where they can be made to fail. */
  readonly controlUrl: string;
  /** Where a connection finds its pretend provider, and the key that it accepts there. */
  at(provider: string): Pick<ConnectionSettings, 'baseUrl' | 'apiKey'>;
  close(): Promise<void>;
}

/**
 * The sandbox that runs already, if the variables are set that `npm run sandbox` prints: then both show the same jobs. Else
 * one of its own, with the same jobs at its start.
 */
export async function sandboxBeside(
  { connections }: Pick<Settings, 'connections'>,
  controlUrl: string | undefined,
): Promise<SandboxBeside> {
  const known = new Map(connections.map((connection) => [connection.provider, connection]));
  const areHere = connections.every(({ baseUrl }) => baseUrl?.startsWith('http://127.0.0.1:'));
  if (areHere && controlUrl !== undefined && (await answers(controlUrl)))
    return {
      controlUrl,
      at: (provider) => known.get(provider) ?? {},
      close: async () => undefined,
    };
  const sandbox = await startSandbox({ demo: true });
  return {
    controlUrl: sandbox.controlUrl,
    at(provider) {
      const name = twinNames.find((each) => each === provider);
      return name === undefined ? {} : sandbox.providers[name];
    },
    close: sandbox.close,
  };
}

async function answers(controlUrl: string): Promise<boolean> {
  try {
    const { ok } = await fetch(controlUrl, { signal: AbortSignal.timeout(2_000) });
    return ok;
  } catch {
    return false;
  }
}

const jobsSchema = z.object({ jobs: z.array(z.object({ id: z.string(), state: z.string() })) });

/** The id of the job that has run longest at a pretend provider, which shows the newest first; empty if there is none. */
export async function oldestRunning(controlUrl: string, provider: string): Promise<string> {
  const response = await fetch(`${controlUrl}/${provider}/jobs?limit=100`);
  const { jobs } = jobsSchema.parse(await response.json());
  return jobs.filter(({ state }) => state === 'running').at(-1)?.id ?? '';
}
