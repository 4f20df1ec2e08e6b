import { parseJson } from '../../lib/json.ts';
import { isOpen, recordSchema } from './record.ts';

/** Removes the values whose keys begin so, and returns those that have not expired. */
type TakeValues = (beginning: string) => readonly { readonly value: string }[];

/**
 * Makes every confirmation void, and returns how many could still have been used. A store that was restored from a copy does not
 * know which of them were used since, and one must not be used twice.
 */
export function voidConfirmations(take: TakeValues): number {
  take('confirmations//');
  const records = take('confirmation/').flatMap(({ value }) => {
    const { data } = recordSchema.safeParse(parseJson(value));
    return data === undefined ? [] : [data];
  });
  return records.filter(isOpen).length;
}
