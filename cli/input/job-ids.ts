import { isVisible } from '../../shared/lib/names.ts';
import { type Input, readInputText } from './text.ts';

/** What stands for the ids on standard input. */
const standardInput = '-';

/** Job ids of a command line, or why they cannot be used. */
export type JobIds =
  | { readonly ok: true; readonly ids: readonly string[] }
  | { readonly ok: false; readonly why: string };

/**
 * The job ids that a command line names; `-` stands for those on standard input, one in a line. Lines on which nothing
 * can be seen are left out. No id at all is an error: nothing is cancelled by omission.
 */
export async function readJobIds(named: readonly string[], input: Input): Promise<JobIds> {
  const ids = named.filter((id) => !isBlank(id));
  if (!ids.includes(standardInput)) return { ok: true, ids };
  if (ids.length > 1)
    return { ok: false, why: '"-" stands for the ids on standard input: name no other ids beside it.' };
  const typed = await readInputText(input);
  if (!typed.ok) return typed;
  const read = typed.text.split('\n').filter(isVisible);
  return read.length === 0 ? { ok: false, why: 'Standard input holds no job id.' } : { ok: true, ids: read };
}

/** A line of a file that holds nothing but its end, such as a carriage return. An argument that is empty is a fault. */
function isBlank(id: string): boolean {
  return id !== '' && !isVisible(id);
}
