/** The labels of a series: names of the closed list, and values that are escaped when they are written. */
export type MetricLabels = Readonly<Record<string, string>>;

/** A line of the text format. */
export interface Sample {
  readonly name: string;
  readonly labels: MetricLabels;
  readonly value: number;
}

/** A metric with its samples. */
export interface FamilySamples {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly samples: readonly Sample[];
}

/** The media type of the text format. */
export const expositionType = 'text/plain; version=0.0.4; charset=utf-8';

/**
 * Writes metrics in the Prometheus text format. A metric without a sample is left out.
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export function renderExposition(metrics: readonly FamilySamples[]): string {
  return metrics
    .filter(({ samples }) => samples.length > 0)
    .map(({ name, type, help, samples }) => {
      const head = [`# HELP ${name} ${escapeHelp(help)}`, `# TYPE ${name} ${type}`];
      return `${[...head, ...samples.map(lineOf)].join('\n')}\n`;
    })
    .join('');
}

function lineOf({ name, labels, value }: Sample): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}`;
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function escapeLabel(text: string): string {
  return escapeHelp(text).replaceAll('"', '\\"');
}
