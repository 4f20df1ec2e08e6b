import { startControl } from './control.ts';
import { seedDemo } from './demo.ts';
import { type PretendProvider, type Started, startProvider } from './pretend-provider.ts';
import { type IonqSwitches, ionq } from './providers/ionq.ts';
import { type IonworksSwitches, ionworks } from './providers/ionworks.ts';
import { type PromptloopSwitches, promptloop } from './providers/promptloop.ts';
import { type SutroSwitches, sutro } from './providers/sutro.ts';

export type { Exchange } from './exchange.ts';
export type { Fault } from './fault.ts';
export type { TrueJob } from './job.ts';
export type { Limits } from './limits.ts';
export type { PretendProvider } from './pretend-provider.ts';

/** The four, each with its own switches, in the order of their ports. */
interface Providers {
  readonly ionq: PretendProvider<IonqSwitches>;
  readonly promptloop: PretendProvider<PromptloopSwitches>;
  readonly ionworks: PretendProvider<IonworksSwitches>;
  readonly sutro: PretendProvider<SutroSwitches>;
}
export type ProviderName = keyof Providers;

/** How a sandbox is to start. */
export interface SandboxOptions {
  /** Starts with about 40 jobs over the four providers; default none. */
  readonly demo?: boolean;
  /** Starts the control server too; default yes. */
  readonly control?: boolean;
  /** The first of five ports in a row; default 0, any free ports. */
  readonly port?: number;
}

/** Four pretend providers, listening on 127.0.0.1. */
export interface Sandbox {
  readonly providers: Providers;
  /** Empty without a control server. */
  readonly controlUrl: string;
  /** Ends every connection at once, also those that hang. */
  close(): Promise<void>;
}

/** Starts the four providers, and the control server unless told otherwise. Rejects if a port is taken. */
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
  const nth = (offset: number) => (port === 0 ? 0 : port + offset);
  try {
    const providers: Providers = {
      ionq: (await keep(startProvider(ionq, 'sandbox-ionq-key', nth(0)))).provider,
      promptloop: (await keep(startProvider(promptloop, 'sandbox-promptloop-key', nth(1)))).provider,
      ionworks: (await keep(startProvider(ionworks, 'sandbox-ionworks-key', nth(2)))).provider,
      sutro: (await keep(startProvider(sutro, 'sandbox-sutro-key', nth(3)))).provider,
    };
    const controlUrl = control ? (await keep(startControl({ ...providers }, nth(4)))).url : '';
    if (demo) seedDemo(providers);
    return { providers, controlUrl, close };
  } catch (error) {
    await close();
    throw error;
  }
}
