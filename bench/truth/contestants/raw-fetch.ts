import { type Account, type Contestant, jobByJob } from '../contestant.ts';
import type { Claim } from '../score.ts';
import { cancelRequest } from './request.ts';

/** Ten lines of one's own: a cancel whose 2xx is believed. Every other answer is a failure, and no answer is left open. */
export const rawFetch: Contestant = {
  name: 'fetch that believes a 2xx',
  atOnce: { quick: 16, slow: 200 },
  open: async (accounts) => jobByJob(accounts, claimOf),
};

async function claimOf(account: Account, id: string, signal: AbortSignal): Promise<Claim> {
  const { url, method, headers, body = null } = cancelRequest(account, id);
  try {
    const response = await fetch(url, { method, headers, body, signal });
    await response.body?.cancel();
    if (response.ok) return 'cancelled';
    return response.status === 404 ? 'no such job' : 'not cancelled';
  } catch {
    return 'open';
  }
}
