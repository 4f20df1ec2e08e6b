import { inPool } from '../../../shared/lib/concurrency.ts';
import type { Account } from '../../truth/contestant.ts';
import { cancelRequest, type JobRequest, statusRequest } from '../../truth/contestants/request.ts';
import type { Claim } from '../../truth/score.ts';

/** What one writes by hand: a request for the cancel, and one for the status afterwards, whose word is the answer. */
export const ways = ['loop', 'all at once', 'pool of 16'] as const;
export type Way = (typeof ways)[number];
const poolSize = 16;

/** Cancels jobs in one of these ways. An error of one job ends none of the others. */
export async function cancelAll(way: Way, account: Account, ids: readonly string[]): Promise<Claim[]> {
  const claims = new Map<string, Claim>();
  const cancelOne = async (id: string) => {
    claims.set(id, await cancelAndCheck(account, id));
  };
  if (way === 'loop') for (const id of ids) await cancelOne(id);
  else await inPool(ids, way === 'pool of 16' ? poolSize : ids.length, cancelOne);
  return ids.map((id) => claims.get(id) ?? 'nothing');
}

/** The same three requests that calloff makes for one job. */
export async function checkCancelCheck(account: Account, id: string): Promise<Claim> {
  await textOf(statusRequest(account, id));
  return cancelAndCheck(account, id);
}

async function cancelAndCheck(account: Account, id: string): Promise<Claim> {
  try {
    const cancelled = await textOf(cancelRequest(account, id));
    if (cancelled === undefined) return 'not cancelled';
    return claimIn(await textOf(statusRequest(account, id)), id);
  } catch {
    return 'open';
  }
}

/** What the text of a status says. One that has no answer, or no word for an end, leaves the job open. */
export function claimIn(status: string | undefined, id: string): Claim {
  if (status === undefined || !status.includes(id)) return 'open';
  return /cancelled":\s*true|"cancell?ed"/i.test(status) ? 'cancelled' : 'open';
}

/** The body of an answer; `undefined` if it is an error. */
async function textOf({ url, method, headers }: JobRequest): Promise<string | undefined> {
  const response = await fetch(url, { method, headers });
  const text = await response.text();
  return response.ok ? text : undefined;
}
