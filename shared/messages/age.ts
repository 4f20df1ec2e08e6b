import type { JobView } from '../contract/answers/job-schema.ts';
import { isFinal } from '../contract/outcome.ts';

const ageUnits: readonly (readonly [string, number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
];

/** How old something is, in its largest unit: `3 h old`. `undefined` if the time is unreadable or in the future. */
export function ageInWords(at: string | undefined, now: number): string | undefined {
  const age = shortAge(at, now);
  return age && `${age} old`;
}

/** The same for a column of ages: `3 h`. */
export function shortAge(at: string | undefined, now: number): string | undefined {
  const ms = now - Date.parse(at ?? '');
  if (!(ms >= 0)) return undefined;
  const [name, unit] = ageUnits.find(([, size]) => ms >= size) ?? ['s', 1_000];
  return `${Math.floor(ms / unit).toLocaleString('en')} ${name}`;
}

/** What is known of a cancel that is followed, for a line about its job: `cancel requested by ada, checked 4 min ago, not over yet`. */
export function askedInWords(
  { asked, state }: Pick<JobView, 'asked' | 'state'>,
  now: number,
): string | undefined {
  if (asked === undefined) return undefined;
  const by = asked.by === undefined ? '' : ` by ${asked.by}`;
  if (asked.outcome === 'cancelled') return `came back after a cancel${by}`;
  const age = shortAge(asked.at, now);
  const rest = isFinal(state) ? '' : ', not over yet';
  return `cancel requested${by}${age === undefined ? '' : `, checked ${age} ago`}${rest}`;
}
