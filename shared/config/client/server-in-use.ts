import type { ProxySettings } from '../../http/proxy.ts';
import { ConfigurationError } from '../configuration-error.ts';
import { noServer } from '../environment/server-url.ts';
import { defaultBudgetMs, type Settings } from '../settings.ts';
import { variables } from '../variables.ts';
import { type Login, loginFile, readLogin } from './login.ts';

/** The server that the commands of this machine ask, and the token of their caller there. */
export interface ServerInUse extends Login {
  /** How long a call may take, in milliseconds. */
  readonly limitMs: number;
  readonly proxy?: ProxySettings | undefined;
}

/** The settings that decide whether a server is asked. */
type ClientSettings = Pick<Settings, 'serverUrl' | 'token' | 'budgetMs' | 'proxy' | 'isForThisMachine'>;

/** What a client waits beyond the time of a call, for the way there and back, in milliseconds. */
const onTheWayMs = 10_000;
/** `fetch` itself waits no longer than five minutes for an answer to begin. */
const longestMs = 290_000;

/**
 * The server that the environment names, or that the user has logged in to; `undefined` if commands use the keys of this machine.
 * What the environment says goes before a login: a configuration file or a data folder there is one of this machine.
 * @throws {ConfigurationError} if there is no token for the server, or the login cannot be used.
 */
export async function serverInUse(
  { serverUrl, token, budgetMs = defaultBudgetMs, proxy, isForThisMachine }: ClientSettings,
  file: string = loginFile(),
): Promise<ServerInUse | undefined> {
  if (serverUrl === noServer || (serverUrl === undefined && isForThisMachine)) return undefined;
  const terms = { limitMs: Math.min(budgetMs + onTheWayMs, longestMs), proxy };
  if (serverUrl !== undefined && token !== undefined) return { url: serverUrl, token, ...terms };
  const login = await readLogin(file);
  if (login !== undefined && (serverUrl ?? login.url) === login.url) return { ...login, ...terms };
  if (serverUrl === undefined) return undefined;
  throw new ConfigurationError([
    `${variables.serverUrl.name} names a server, and there is no token for it. Set ${variables.token.name} to the token of your caller there, or run "calloff login"`,
  ]);
}
