import { expect, test } from 'vitest';
import * as z from 'zod';
import { madeOf } from '../../shared/contract/late-schema.ts';

test('a late schema is made once, however often it is used and asked for', () => {
  let made = 0;
  const late = z.lazy(() => {
    made += 1;
    return z.object({ id: z.string() });
  });
  expect(late.parse({ id: 'job-1' })).toEqual({ id: 'job-1' });
  expect(madeOf(late)).toBe(madeOf(late));
  expect(made).toBe(1);
});
