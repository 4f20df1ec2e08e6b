import * as z from 'zod';
import { isObject } from '../lib/json.ts';
import { plainText } from '../lib/text.ts';
import type { Labels } from '../lib/wildcard.ts';
import type { JobSnapshot } from './adapter.ts';
import { nameToCompare } from './parsing.ts';

/** An owner, a target, a label's key or its value that is longer is cut. What was cut is shown, and never compared. */
export const longestAttribute = 200;
/** A job with more labels shows the first of them. */
const mostLabels = 16;

const attribute = z.lazy(() => z.string().transform((text) => shownText(text) || undefined));

/**
 * An owner or a target: `null` or empty if the job has none. An absent field, one of another type, or one without a
 * visible character says nothing. Foreign text, cleaned and cut as a name is.
 */
export const attributeField = z.lazy(() =>
  z
    .union([z.union([z.null(), z.literal('')]).transform(() => null), attribute])
    .optional()
    .catch(undefined),
);

type Labelling = Pick<JobSnapshot, 'labels' | 'hasMoreLabels'>;

/**
 * The labels of a job, from an object with texts: `null` if it has none. An absent field, or one of another type, says
 * nothing. A label that is no text, that is too long, or whose key looks like that of another is left out, and said so.
 */
export const labelsField = z.lazy(() =>
  z
    .union([
      z.null().transform((): Labelling => ({ labels: {} })),
      z.custom<object>(isObject).transform((labels): Labelling => readLabels(Object.entries(labels))),
    ])
    .optional()
    .catch(undefined),
);

/**
 * Labels that a provider writes as one text each: `team=ml` is the key `team` with the value `ml`, and a text without `=` a key
 * without a value. Of two values of one key one is kept, and said so. An absent field, or one of another type, says nothing.
 */
export const tagsField = z.lazy(() =>
  z
    .array(z.unknown())
    .transform((tags): Labelling => readLabels([...new Set(tags)].map(readTag)))
    .optional()
    .catch(undefined),
);

/** Money as a provider states it. The amount is not negative, and the currency is a code of ISO 4217. */
export const costField = z.lazy(() =>
  z
    .object({ amount: z.number().min(0), currency: z.string().regex(/^[A-Z]{3}$/) })
    .optional()
    .catch(undefined),
);

/** What of a job rules and filters compare; `undefined`: it cannot be seen, or not whole. `null`: there is none. */
export function attributesOf(job: JobSnapshot) {
  return {
    name: nameToCompare(job),
    owner: wholeOf(job.owner),
    target: wholeOf(job.target),
    targetAliases: job.targetAlias === undefined ? [] : [wholeOf(job.targetAlias) ?? undefined],
    labels: labelsOf(job),
  };
}

function wholeOf(text: string | null | undefined): string | null | undefined {
  return text != null && text.length >= longestAttribute ? undefined : text;
}

function labelsOf({ labels, hasMoreLabels }: Labelling): Labels | undefined {
  if (labels === undefined) return undefined;
  const pairs = Object.entries(labels).map(([key, value]) => [key, wholeOf(value) ?? undefined] as const);
  return { pairs, isWhole: hasMoreLabels === undefined };
}

function readTag(tag: unknown): readonly [string, unknown] {
  if (typeof tag !== 'string') return ['', tag];
  const [key = '', ...value] = tag.split('=');
  return [key, value.join('=')];
}

function shownText(text: string): string {
  return plainText(text).slice(0, longestAttribute).toWellFormed();
}

function readLabels(entries: readonly (readonly [string, unknown])[]): Labelling {
  const labels = new Map<string, string>();
  for (const [name, value] of entries) {
    const key = shownText(name);
    if (typeof value !== 'string' || !isKey(key) || labels.has(key) || labels.size === mostLabels) continue;
    const text = shownText(value);
    if (text !== '' || value === '') labels.set(key, text);
  }
  const isWhole = labels.size === entries.length;
  return { labels: Object.fromEntries(labels), ...(!isWhole && { hasMoreLabels: true }) };
}

/** Whether a label can be kept under a key. `__proto__` means something else to programs that read the answer. */
function isKey(key: string): boolean {
  return key !== '' && key.length < longestAttribute && key !== '__proto__';
}
