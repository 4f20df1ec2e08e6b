import * as z from 'zod';

/** The words of a query that stand for yes and no. */
const flags: ReadonlyMap<unknown, boolean> = new Map([
  ['true', true],
  ['false', false],
]);

/** A yes or no, which a query says as `true` or `false`. */
export const flagSchema = z.preprocess(
  (value) => flags.get(value) ?? value,
  z.boolean({ error: 'must be true or false' }),
);
