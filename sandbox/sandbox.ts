import { startControl } from './control.ts';
import { seedDemo } from './demo.ts';
import { type ProviderName, startTwins, twinNames, usualTwins, variablesOf } from './providers/index.ts';
import { type Started, startProvider } from './twin/pretend-provider.ts';

export type { Fault } from './faults/fault.ts';
export type { TrueJob } from './jobs/job.ts';
export type { ProviderName } from './providers/index.ts';
export type { Exchange } from './twin/exchange.ts';
export type { Limits } from './twin/limits.ts';
export type { PretendProvider } from './twin/pretend-provider.ts';

/** Every twin, each with its own switches, by its name. */
type Providers = Awaited<ReturnType<typeof startTwins>>;

/** How a sandbox is to start. */
export interface SandboxOptions {
  /** Starts with some ten jobs at each provider; default none. */
  readonly demo?: boolean;
  /** Starts the control server too; default yes. */
  readonly control?: boolean;
  /** The first of several ports in a row: for the usual providers, for control, and for the others. Default 0, any free ports. */
  readonly port?: number;
}

/** The pretend providers, listening on 127.0.0.1. */
export interface Sandbox {
  readonly providers: Providers;
  /** Empty without a control server. */
  readonly controlUrl: string;
  /** Ends every connection at once, also those that hang. */
  close(): Promise<void>;
}

/** Starts every provider, and the control server unless told otherwise. Rejects if a port is taken. */
export async function startSandbox({
  demo = false,
  control = true,
  port = 0,
}: SandboxOptions = {}): Promise<Sandbox> {
  const started: Pick<Started<object>, 'close'>[] = [];
  const keep = async <Running extends Pick<Started<object>, 'close'>>(starting: Promise<Running>) => {
    const running = await starting;
    started.push(running);
    return running;
  };
  const close = async () => {
    await Promise.all(started.map((running) => running.close()));
  };
  const places: readonly (ProviderName | 'control')[] = [
    ...usualTwins,
    'control',
    ...twinNames.filter((name) => !usualTwins.includes(name)),
  ];
  const portOf = (name: ProviderName | 'control') => (port === 0 ? 0 : port + places.indexOf(name));
  try {
    const providers = await startTwins(
      async (twin, name) => (await keep(startProvider(twin, keyOf(name), portOf(name)))).provider,
    );
    const controlUrl = control ? (await keep(startControl({ ...providers }, portOf('control')))).url : '';
    if (demo) seedDemo(providers);
    return { providers, controlUrl, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Providers whose keys are in one variable have one key: that of the first. */
function keyOf(name: ProviderName): string {
  const first = twinNames.find((other) => variablesOf[other].key === variablesOf[name].key);
  return `sandbox-${first ?? name}-key`;
}
