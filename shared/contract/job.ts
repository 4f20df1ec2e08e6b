import type { JobView } from './answers/job-schema.ts';

type Shown = Partial<Pick<JobView, 'labels' | 'cost'>>;

/** `team=ml, env=prod`; `undefined` without labels. Text from others. */
export function labelsInWords({ labels = {} }: Shown): string | undefined {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? undefined : pairs.join(', ');
}

/** `1.5 USD`; `undefined` if the provider states no cost. */
export function costInWords({ cost }: Shown): string | undefined {
  return cost && `${cost.amount} ${cost.currency}`;
}
