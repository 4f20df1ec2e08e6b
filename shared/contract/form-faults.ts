import type * as z from 'zod';
import { pathOf } from '../lib/json.ts';
import type { Fault } from './result.ts';

/** What is wrong with a value that has not the form of its schema. What is missing is told apart from what is another. */
export function faultsOfForm(issues: readonly z.core.$ZodIssue[], within: readonly string[] = []): Fault[] {
  return issues.map(({ path, message, input }) => ({
    path: pathOf([...within, ...path]),
    kind: 'invalid',
    message: input === undefined ? `is missing: it ${message}` : message,
  }));
}
