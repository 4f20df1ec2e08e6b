/** A series of the text format: its name, its labels and its value. */
export interface ReadSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const name = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const label = '([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\\\\n]|\\\\["\\\\n])*)"';
const number = '[+-]?(?:\\d+(?:\\.\\d+)?(?:e[+-]?\\d+)?|Inf)|NaN';
const sampleLine = new RegExp(`^(${name})(?:\\{(${label}(?:,${label})*)\\})? (${number})$`);
const metaLine = new RegExp(`^# (HELP|TYPE) (${name}) (.*)$`);

/**
 * Reads the Prometheus text format by its own rules, and throws at what they do not have. It shares nothing with what writes.
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/#text-format-details
 */
export function readTextFormat(text: string): ReadSample[] {
  if (text === '') return [];
  if (!text.endsWith('\n')) throw new Error('the last line must end with a line feed');
  const types = new Map<string, string>();
  const samples: ReadSample[] = [];
  let current = '';
  for (const line of text.slice(0, -1).split('\n')) {
    const meta = metaLine.exec(line);
    if (meta !== null) {
      const [, kind, metric = '', rest = ''] = meta;
      if (metric !== current && types.has(metric)) throw new Error(`${metric} is not in one group`);
      if (kind === 'TYPE' && !/^(counter|gauge|histogram|summary|untyped)$/.test(rest))
        throw new Error(`${rest} is no type`);
      if (kind === 'TYPE') types.set(metric, rest);
      current = metric;
      continue;
    }
    const sample = sampleLine.exec(line);
    if (sample === null) throw new Error(`no line of the format: ${line}`);
    samples.push(sampleOf(sample, current, types.get(current)));
  }
  checkUnique(samples);
  checkHistograms(samples, types);
  return samples;
}

function sampleOf(sample: RegExpExecArray, current: string, type: string | undefined): ReadSample {
  const [, metric = '', labels = ''] = sample;
  const base = type === 'histogram' ? metric.replace(/_(bucket|sum|count)$/, '') : metric;
  if (base !== current) throw new Error(`${metric} stands under ${current}`);
  const pairs = [...labels.matchAll(new RegExp(label, 'g'))].map(([, key = '', value = '']) => [
    key,
    value.replaceAll(/\\(["\\n])/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped)),
  ]);
  if (new Set(pairs.map(([key]) => key)).size < pairs.length) throw new Error('a label stands twice');
  const value = Number((sample.at(-1) ?? '').replace('Inf', 'Infinity'));
  return { name: metric, labels: Object.fromEntries(pairs), value };
}

function checkUnique(samples: readonly ReadSample[]): void {
  const keys = samples.map(({ name: metric, labels }) => keyOf(metric, labels));
  if (new Set(keys).size < keys.length) throw new Error('a series stands twice');
}

/** Buckets grow, and the last one, `+Inf`, holds as many as `_count`. */
function checkHistograms(samples: readonly ReadSample[], types: ReadonlyMap<string, string>): void {
  for (const [metric] of [...types].filter(([, type]) => type === 'histogram')) {
    const buckets = samples.filter((sample) => sample.name === `${metric}_bucket`);
    const series = Map.groupBy(buckets, ({ labels: { le: _, ...labels } }) => keyOf(metric, labels));
    for (const [key, own] of series) {
      const values = own.map(({ value }) => value);
      if (values.some((value, index) => value < (values[index - 1] ?? 0)))
        throw new Error(`${key} has a smaller bucket after a larger one`);
      const count = samples.find(
        (sample) => sample.name === `${metric}_count` && keyOf(metric, sample.labels) === key,
      );
      const { labels: { le } = { le: '' }, value } = own.at(-1) ?? {};
      if (le !== '+Inf' || value !== count?.value)
        throw new Error(`${key} does not end with all of its observations`);
    }
  }
}

function keyOf(metric: string, labels: Readonly<Record<string, string>>): string {
  return JSON.stringify([metric, Object.entries(labels).toSorted()]);
}
