import type { OperationOutcome } from '../../shared/contract/answers/operation-schema.ts';
import { outcomeNames } from '../../shared/contract/outcome.ts';
import { countOfJobs } from '../../shared/messages/counts.ts';
import { anotherRequest, type Call } from '../call.ts';

/** The jobs of an operation by what was done about them. */
export interface SentSoFar {
  /** Jobs for which a cancel was sent or may have been, by their outcome. */
  readonly sent: ReadonlyMap<string, number>;
  /** Jobs with an outcome for which none was sent, by their outcome. */
  readonly unsent: ReadonlyMap<string, number>;
  /** Jobs without an outcome, for which a cancel may have been sent. */
  readonly inAir: number;
  /** Jobs without an outcome: no cancel for them was accepted. */
  readonly pending: number;
}

const largestPage = 1_000;

/** Counts the jobs of an operation by what was done about them; `undefined` if that cannot be read. */
export async function countSent(call: Call, operation_id: string): Promise<SentSoFar | undefined> {
  const kinds = new Map<string, number>();
  let cursor: string | undefined;
  do {
    const request = { operation_id, limit: largestPage, ...(cursor && { cursor }) };
    const page = await call.gateway.listOutcomes(request, anotherRequest(call));
    if (!page.ok) return undefined;
    for (const outcome of page.value.outcomes)
      kinds.set(kindOf(outcome), (kinds.get(kindOf(outcome)) ?? 0) + 1);
    cursor = page.value.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return {
    sent: namedIn(kinds, 'sent'),
    unsent: namedIn(kinds, 'unsent'),
    inAir: kinds.get('air') ?? 0,
    pending: kinds.get('pending') ?? 0,
  };
}

function kindOf({ outcome, pending, sent, came_back }: OperationOutcome): string {
  if (pending) return sent ? 'air' : 'pending';
  return `${sent ? 'sent' : 'unsent'} ${came_back ? 'came back to life' : outcome}`;
}

function namedIn(kinds: ReadonlyMap<string, number>, kind: 'sent' | 'unsent'): Map<string, number> {
  return new Map(
    [...outcomeNames, 'came back to life'].flatMap((name): [string, number][] => {
      const count = kinds.get(`${kind} ${name}`);
      return count === undefined ? [] : [[name, count]];
    }),
  );
}

/** What was sent, what its outcomes are, and what was not attempted, in sentences. */
export function sentInWords({ sent, unsent, inAir, pending }: SentSoFar): string[] {
  const many = sumOf(sent);
  const total = many + sumOf(unsent) + inAir + pending;
  const sentences: string[] = [];
  if (many > 0) sentences.push(`A cancel was sent for ${many} of ${countOfJobs(total)}: ${listed(sent)}.`);
  else if (inAir === 0) sentences.push('No cancel has taken effect.');
  if (inAir > 0)
    sentences.push(
      `A cancel may have been sent for ${countOfJobs(inAir)} without an outcome so far: a resume checks ${inAir === 1 ? 'it' : 'them'} first.`,
    );
  if (unsent.size > 0)
    sentences.push(`${countOfJobs(sumOf(unsent))} had an outcome without one: ${listed(unsent)}.`);
  if (pending > 0)
    sentences.push(
      `${countOfJobs(pending)} ${pending === 1 ? 'was' : 'were'} not attempted, or the provider turned the cancel away: no cancel for ${pending === 1 ? 'it' : 'them'} has taken effect.`,
    );
  return sentences;
}

function listed(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([outcome, count]) => `${count} ${outcome}`).join(', ');
}

function sumOf(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}
