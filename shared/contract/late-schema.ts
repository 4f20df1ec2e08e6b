import type * as z from 'zod';

/** The schema that a late one (`z.lazy`) makes: the same each time, while its `unwrap()` makes another at each call. */
export function madeOf<Schema extends z.core.SomeType>(late: z.ZodLazy<Schema>): Schema {
  return late._zod.innerType;
}
