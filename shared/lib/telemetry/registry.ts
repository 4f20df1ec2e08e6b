import type { OutcomeName } from '../../contract/outcome.ts';
import { version } from '../version.ts';
import { type FamilySamples, type MetricLabels, renderExposition, type Sample } from './exposition.ts';
import { type FamilyName, families } from './families.ts';
import type { Measurement, Meter, RequestClass } from './meter.ts';

/** What the store says when it is asked: the same for every process on it. */
export interface StoreGauges {
  readonly confirmationsPending: number;
  /** How many operations are in each state of the closed list. */
  readonly operations: Readonly<Record<string, number>>;
}

/** What the labels of the series can be that an alarm asks for. */
export interface CountedWords {
  readonly connections: readonly string[];
  readonly surfaces: readonly string[];
  /** The kinds of request to a provider. */
  readonly operations: readonly string[];
}

/** The counts and times of this process, since it started. */
export class MetricRegistry {
  readonly #counters = new Map<FamilyName, Map<string, { readonly labels: MetricLabels; value: number }>>();
  readonly #histograms = new Map<string, Histogram>();

  /**
   * Begins at zero whatever an alarm asks for: Prometheus sees no increase in a series whose first sample is already 1, so the
   * first lost cancel would raise no alarm (https://prometheus.io/docs/practices/instrumentation/#avoid-missing-metrics).
   */
  constructor({ connections, surfaces, operations }: CountedWords = noWords) {
    for (const name of ['rateLimited', 'cameBack', 'auditWriteFailures'] as const) this.#count(name, {}, 0);
    this.#histogram('cancelSeconds', {});
    for (const connection of connections) {
      for (const [outcome, surface] of pairsOf(alarming.outcomes, surfaces))
        this.#count('cancels', { connection, outcome, surface }, 0);
      for (const [ended, operation] of pairsOf(alarming.classes, operations))
        this.#count('providerRequests', { connection, operation, class: ended }, 0);
    }
  }

  /** Adds a measurement to its counters and histograms. */
  readonly meter: Meter = (measured: Measurement) => {
    if (measured.is === 'cancel') {
      const { connection, outcome, surface } = measured;
      this.#count('cancels', { connection, outcome, surface });
    } else if (measured.is === 'provider_request') {
      const { connection, operation, class: ended, seconds } = measured;
      this.#count('providerRequests', { connection, operation, class: ended });
      if (ended === 'limited') this.#count('rateLimited', {});
      this.#histogram('providerSeconds', { connection, operation }).observe(seconds);
    } else if (measured.is === 'cancel_call') this.#histogram('cancelSeconds', {}).observe(measured.seconds);
    else if (measured.is === 'came_back') this.#count('cameBack', {}, measured.jobs);
    else this.#count('auditWriteFailures', {});
  };

  /** Everything in the Prometheus text format; without `gauges` the metrics from the store are left out. */
  render(gauges: StoreGauges | undefined): string {
    const build = [{ labels: { version, node: process.versions.node }, value: 1 }];
    const operations = Object.entries(gauges?.operations ?? {});
    return renderExposition([
      ...[...this.#counters].map(([family, series]) => counted(family, [...series.values()])),
      ...(['providerSeconds', 'cancelSeconds'] as const).map((family) => this.#timed(family)),
      counted(
        'confirmationsPending',
        gauges === undefined ? [] : [{ labels: {}, value: gauges.confirmationsPending }],
      ),
      counted(
        'operations',
        operations.map(([state, value]) => ({ labels: { state }, value })),
      ),
      counted('buildInfo', build),
    ]);
  }

  #count(family: FamilyName, labels: MetricLabels, by = 1): void {
    const series = this.#counters.get(family) ?? new Map();
    this.#counters.set(family, series);
    const key = JSON.stringify(labels);
    const known = series.get(key) ?? { labels, value: 0 };
    known.value += by;
    series.set(key, known);
  }

  #histogram(family: 'providerSeconds' | 'cancelSeconds', labels: MetricLabels): Histogram {
    const key = JSON.stringify([family, labels]);
    const known = this.#histograms.get(key) ?? new Histogram(family, labels);
    this.#histograms.set(key, known);
    return known;
  }

  #timed(family: 'providerSeconds' | 'cancelSeconds'): FamilySamples {
    const own = [...this.#histograms.values()].filter((histogram) => histogram.family === family);
    return { ...families[family], samples: own.flatMap((histogram) => histogram.samples()) };
  }
}

const noWords: CountedWords = { connections: [], surfaces: [], operations: [] };

/** The words that the alarms of docs/deploy.md choose by. */
const alarming = {
  outcomes: ['failed', 'unknown'],
  classes: ['rejected', 'lost'],
} as const satisfies { outcomes: readonly OutcomeName[]; classes: readonly RequestClass[] };

function pairsOf(ones: readonly string[], others: readonly string[]): [string, string][] {
  return ones.flatMap((one) => others.map((other): [string, string] => [one, other]));
}

function counted(family: FamilyName, series: readonly Omit<Sample, 'name'>[]): FamilySamples {
  const { name } = families[family];
  return { ...families[family], samples: series.map(({ labels, value }) => ({ name, labels, value })) };
}

/** One series of a histogram. */
class Histogram {
  readonly family: 'providerSeconds' | 'cancelSeconds';
  readonly #labels: MetricLabels;
  readonly #counts: number[];
  #count = 0;
  #sum = 0;

  constructor(family: 'providerSeconds' | 'cancelSeconds', labels: MetricLabels) {
    this.family = family;
    this.#labels = labels;
    this.#counts = families[family].buckets.map(() => 0);
  }

  observe(seconds: number): void {
    this.#count += 1;
    this.#sum += seconds;
    families[this.family].buckets.forEach((limit, index) => {
      if (seconds <= limit) this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    });
  }

  samples(): Sample[] {
    const { name, buckets } = families[this.family];
    const labels = this.#labels;
    const upTo = (le: string, value: number) => ({
      name: `${name}_bucket`,
      labels: { ...labels, le },
      value,
    });
    return [
      ...buckets.map((limit, index) => upTo(String(limit), this.#counts[index] ?? 0)),
      upTo('+Inf', this.#count),
      { name: `${name}_sum`, labels, value: this.#sum },
      { name: `${name}_count`, labels, value: this.#count },
    ];
  }
}
