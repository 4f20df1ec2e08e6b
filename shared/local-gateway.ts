import { userInfo } from 'node:os';
import { surfaces } from './access/audit/steps.ts';
import type { Authenticator } from './access/authenticator.ts';
import type { Caller } from './access/caller.ts';
import { requestKinds } from './adapter/adapter.ts';
import { withOwnAdapters } from './config/adapters/load.ts';
import { callerInForce } from './config/caller-in-force.ts';
import { ownCommand } from './config/calloff-command.ts';
import type { Configuration, SurfaceRules } from './config/configuration.ts';
import { ConfigurationError } from './config/configuration-error.ts';
import { type CallerParts, configuredCallers } from './config/configured-callers.ts';
import type { ConnectionSettings } from './config/connection-settings.ts';
import { loadConfiguration, type ReloadingConfiguration } from './config/file/reload.ts';
import { credentialFromSettings } from './config/secrets/credentials.ts';
import { lastingPepper } from './config/secrets/pepper.ts';
import { defaultBudgetMs, type Settings } from './config/settings.ts';
import { createGateway, type Gateway } from './gateway.ts';
import { useProxy } from './http/proxy.ts';
import { type Clock, systemClock } from './lib/clock.ts';
import type { Log } from './lib/log.ts';
import { MetricRegistry } from './lib/telemetry/registry.ts';
import { proxyFinding } from './messages/cause.ts';
import { createWorker, type OperationWorkerParts } from './operation-worker.ts';
import { faultAndStep, StoreUnavailableError } from './store/errors.ts';
import { openSqliteStore, type SqliteSettings } from './store/sqlite/store.ts';
import type { Store } from './store/store.ts';
import { deliverAnnouncements, type SendAnnouncement } from './webhooks/announcements.ts';
import { deliverDue } from './webhooks/deliver-due.ts';
import { EmbeddedSender } from './webhooks/embedded-sender.ts';
import { enqueue, type WebhookParts } from './webhooks/enqueue.ts';
import { tellOfConfirmation } from './webhooks/tell-of-confirmation.ts';
import { EmbeddedWorker } from './work/embedded-worker.ts';

/** The parts of a local process: the gateway, the callers, and the rules of the machine. */
export interface Local {
  readonly gateway: Gateway;
  readonly configuration: ReloadingConfiguration;
  readonly callers: Authenticator;
  /** What callers, and the sessions of the console, are identified by. */
  readonly callerParts: CallerParts;
  readonly store: Store;
  /** The counts of this process; absent if it does not count. */
  readonly metrics: MetricRegistry | undefined;
  /** Works off stored operations once it is started. */
  readonly worker: EmbeddedWorker;
  /** Works off these operations once it is started, and no others. `onProgress` is told how far a slice is. */
  workerOn(
    isOurs: (operation: string) => boolean,
    onProgress?: OperationWorkerParts['onProgress'],
  ): EmbeddedWorker;
  /** Sends the events of the webhook once it is started. */
  readonly sender: EmbeddedSender;
  /** Begins to tell Slack of the confirmations that wait. */
  announceBy(send: SendAnnouncement): EmbeddedSender;
  /** Closes the store. */
  close(): Promise<void>;
}

/** How to open a local gateway. */
export interface LocalParts {
  readonly log: Log;
  readonly clock?: Clock;
  /** Replaces the configured connections, to use pretend providers. */
  redirect?(connections: readonly ConnectionSettings[]): readonly ConnectionSettings[];
  /** Where the page of this process is, once that is known: for those who have set no public address. */
  ownPage?(): URL | undefined;
  /** Whether the store has a thread of its own, as a server needs. Default: it has. */
  readonly hasStoreThread?: boolean;
}

/**
 * A gateway with the configuration, the store and the pepper of this machine.
 * @throws {ConfigurationError} if the configuration, or the folder of the store, cannot be used.
 */
export async function openLocal(
  environment: Settings,
  { log, clock = systemClock, redirect, ownPage, hasStoreThread }: LocalParts,
): Promise<Local> {
  const settings = await withOwnAdapters(environment);
  const configuration = loadConfiguration(settings, { clock, log });
  const use = useProxy(settings.proxy);
  if (use !== 'none' && use !== 'used') process.stderr.write(`${proxyFinding(use)}\n`);
  const { connections: configured } = configuration.initial;
  const connections = redirect?.(configured) ?? configured;
  const store = await openStore({
    ...{ folder: settings.dataFolder, clock, log },
    hasThread: hasStoreThread,
  });
  const names = connections.map(({ name }) => name);
  const words = { connections: names, surfaces, operations: requestKinds };
  const metrics = settings.metrics ? new MetricRegistry(words) : undefined;
  const meter = metrics?.meter;
  const pepper = lastingPepper(settings);
  const hasSlack = async () => typeof (await configuration.current()).slack === 'object';
  const gateway = createGateway({
    connections: async () => connections,
    credentials: credentialFromSettings,
    budgetMs: settings.budgetMs ?? defaultBudgetMs,
    access: {
      ...{ store, pepper, outlivesAnswers: true },
      confirmationMinutes: async () => (await configuration.current()).confirmationMinutes,
    },
    protectedJobs: async () => (await configuration.current()).protectedJobs,
    waysToConfirm: async () => ({
      command: ownCommand(),
      slack: await hasSlack(),
      page: settings.publicUrl ?? ownPage?.(),
    }),
    // An operation that begins here is worked off at once, not when the worker reads the agendas next.
    ring: async () => worker.ring(),
    async tellWaiting(asked) {
      await tellOfConfirmation({ ...webhook, hasSlack }, asked);
      sender.ring();
      announcer?.ring();
    },
    ...{ clock, log, meter },
  });
  const callerOf = async (id: string) => callerInForce(id, await configuration.current(), clock.wallTime());
  const target = async () => (await configuration.current()).webhook;
  const { publicUrl } = settings;
  const webhook: WebhookParts = { store, clock, log, fetch: globalThis.fetch, target, publicUrl };
  const sender = new EmbeddedSender(clock, (signal) => deliverDue(webhook, signal));
  let announcer: EmbeddedSender | undefined;
  const workerOn = (
    isOurs?: (operation: string) => boolean,
    onProgress?: OperationWorkerParts['onProgress'],
  ) =>
    new EmbeddedWorker(
      createWorker({
        ...{ gateway, store, clock, log, meter, callerInForce: callerOf, isOurs, onProgress },
        tell: (event) => enqueue(webhook, event).finally(() => sender.ring()),
      }),
      clock,
    );
  const worker = workerOn();
  const oneToken = async () => settings.token;
  const callerParts: CallerParts = { configuration, oneToken, pepper, clock };
  const callers = configuredCallers(callerParts);
  return {
    ...{ gateway, configuration, callers, callerParts, store, metrics, sender, worker },
    workerOn,
    announceBy(send) {
      const parts = { store, clock, log };
      announcer = new EmbeddedSender(clock, (signal) =>
        deliverAnnouncements(parts, async () => send, signal),
      );
      announcer.start();
      return announcer;
    },
    close: () => store.close(),
  };
}

/** The user of the operating system, with the configured rights for a surface without tokens. */
export function localUser(surface: 'stdio' | 'cli', { [surface]: rules }: Configuration): Caller {
  return { id: localUserId(surface), ...(rules satisfies SurfaceRules) };
}

/** The id of the user of the operating system in the audit, which needs no configuration. */
export function localUserId(surface: 'stdio' | 'cli'): string {
  userName ??= readUserName();
  return `${surface}:${userName}`;
}

/** The name is cached, because a process has one user and the look-up is slow. */
let userName: string | undefined;

/** The name of the user, or the number if the system has no entry for it. */
function readUserName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}

async function openStore(settings: SqliteSettings): Promise<Store> {
  try {
    return await openSqliteStore(settings);
  } catch (error) {
    if (!(error instanceof StoreUnavailableError)) throw error;
    const { fault, step } = faultAndStep(error);
    throw new ConfigurationError([fault], step);
  }
}
