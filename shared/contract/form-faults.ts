import type * as z from 'zod';
import { pathOf } from '../lib/json.ts';
import type { Fault } from './result.ts';

/**
 * What is wrong with a value that has not the form of its schema. What is missing is told apart from what is another, and from
 * what a form has no place for.
 */
export function faultsOfForm(issues: readonly z.core.$ZodIssue[], within: readonly string[] = []): Fault[] {
  return issues.flatMap((issue): Fault[] => {
    const path = [...within, ...issue.path];
    if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownMember([...path, key]));
    const { message, input } = issue;
    const said = input === undefined ? `is missing: it ${message}` : message;
    return [{ path: pathOf(path), kind: 'invalid', message: said }];
  });
}

/** A misspelt member would else be one that is left out, without a word. */
export function unknownMember(path: readonly PropertyKey[]): Fault {
  const message = 'is unknown to this calloff: correct the name, or take it out';
  return { path: pathOf(path), kind: 'invalid', message };
}
