import type { Caller } from '../shared/access/caller.ts';

/**
 * The caller for a token that an assistant uses: an agent, even if the token belongs to a person or program. It has the
 * caller's rights, needs a confirmation above `confirmAbove` cancels in ten minutes, and cannot confirm for itself.
 */
export function asAgent(caller: Caller, confirmAbove: number): Caller {
  if (caller.kind === 'agent') return caller;
  const { rights } = caller;
  const above = Math.min(rights.confirmAbove ?? confirmAbove, confirmAbove);
  return { ...caller, kind: 'agent', rights: { ...rights, confirmAbove: above, selfConfirm: false } };
}
