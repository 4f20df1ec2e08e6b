import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RunningServer, startServer } from '../../../functions/http/server.ts';
import { type ProviderName, type Sandbox, startSandbox } from '../../../sandbox/sandbox.ts';
import { readSettings } from '../../../shared/config/settings.ts';
import { silentLog } from '../../../shared/lib/log.ts';
import { openLocal } from '../../../shared/local-gateway.ts';
import { newToken, pepper } from '../configuration.ts';
import { freshFolder } from '../process/temporary.ts';

/** Someone in the configuration. */
export interface Role {
  readonly kind: 'person' | 'program' | 'agent';
  readonly may: object;
}

/** The embedded server on a configuration file, its sandbox, and what its callers present. */
export interface TestServer {
  readonly sandbox: Sandbox;
  readonly url: string;
  /** Where its metrics are shown without a token. */
  readonly metricsUrl: string | undefined;
  /** Where the server keeps what must survive. */
  readonly dataFolder: string;
  tokenOf(caller: string): string;
  /** Takes the tokens of a caller out of the configuration, which the server reads again within five seconds. */
  revoke(caller: string): void;
  /** Asks over HTTP as a caller. */
  ask(caller: string, method: string, path: string, body?: object): Promise<Response>;
  /** The environment of a process under the rules of a role, with a store of its own. */
  environmentFor(role: Role): Record<string, string>;
  close(): Promise<void>;
}

/** What a house differs by. */
export interface HouseTerms {
  /** Where it has connections; by default at Sutro and IonQ. */
  readonly providers?: readonly ProviderName[];
  /** What else its configuration has. */
  readonly document?: object;
}

/** Opens a house for these callers. `variables`: what else its environment has. */
export async function openTestServer(
  roles: Readonly<Record<string, Role>>,
  variables: Readonly<Record<string, string>> = {},
  { providers = ['sutro', 'ionq'], document: more = {} }: HouseTerms = {},
): Promise<TestServer> {
  const sandbox = await startSandbox({ control: false });
  const folder = freshFolder();
  mkdirSync(folder, { recursive: true });
  const tokens = new Map(Object.keys(roles).map((name) => [name, newToken()]));
  const connections = Object.fromEntries(
    providers.map((provider) => {
      const { baseUrl, apiKey } = sandbox.providers[provider];
      return [provider, { provider, base_url: baseUrl, api_key: apiKey }];
    }),
  );
  const callers = Object.fromEntries(
    Object.entries(roles).map(([name, role]) => [name, { ...role, tokens: [tokens.get(name)?.entry] }]),
  );
  let files = 0;
  const write = (document: object) => {
    files += 1;
    const path = join(folder, `calloff-${files}.json`);
    writeFileSync(path, JSON.stringify({ connections, ...more, ...document }));
    return path;
  };
  const path = write({ callers });
  const settings = readSettings({
    PORT: '0',
    CALLOFF_CONFIG: path,
    CALLOFF_PEPPER: pepper,
    CALLOFF_DATA_DIR: join(folder, 'data'),
    ...variables,
  });
  const server: RunningServer = await startServer(
    settings,
    await openLocal(settings, { log: silentLog }),
    silentLog,
  );
  const tokenOf = (caller: string) => {
    const known = tokens.get(caller);
    if (known === undefined) throw new Error(`there is no caller ${caller}`);
    return known.token;
  };
  return {
    sandbox,
    url: server.url,
    metricsUrl: server.metricsUrl,
    dataFolder: settings.dataFolder,
    tokenOf,
    revoke(caller) {
      const left = { ...callers, [caller]: { ...roles[caller], tokens: [newToken().entry] } };
      writeFileSync(path, JSON.stringify({ connections, ...more, callers: left }));
    },
    ask: (caller, method, path, body) =>
      fetch(`${server.url}${path}`, {
        method,
        headers: { authorization: `Bearer ${tokenOf(caller)}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    environmentFor: (role) => ({
      CALLOFF_CONFIG: write({ cli: role, stdio: role }),
      CALLOFF_PEPPER: pepper,
    }),
    async close() {
      await server.stop();
      await sandbox.close();
    },
  };
}
