import { type Clock, within } from '../../shared/lib/clock.ts';
import type { MetricRegistry, StoreGauges } from '../../shared/lib/telemetry/registry.ts';
import type { Store } from '../../shared/store/store.ts';
import { readStoreGauges } from '../../shared/use-cases/store-gauges.ts';

/** What the metrics are read from. */
interface MetricsParts {
  readonly metrics: MetricRegistry;
  readonly store: Store;
  readonly clock: Clock;
}

/** How long what the store said counts, in milliseconds: scrapes must not keep the store busy. */
const freshMs = 10_000;
/** How long a scrape waits for the store, in milliseconds. */
const patienceMs = 1_000;

/**
 * The metrics in the Prometheus text format. Those from the store are at most ten seconds old; they are left out if the store
 * cannot be read within a second, so that the counts of the process stay visible when it fails.
 */
export function metricsText({ metrics, store, clock }: MetricsParts): () => Promise<string> {
  let known: { readonly at: number; readonly gauges: Promise<StoreGauges | undefined> } | undefined;
  return async () => {
    if (known === undefined || clock.now() - known.at >= freshMs)
      known = { at: clock.now(), gauges: readStoreGauges(store, clock).catch(() => undefined) };
    return metrics.render(await within(clock, patienceMs, known.gauges));
  };
}
