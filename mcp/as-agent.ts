import type { Caller } from '../shared/access/caller.ts';

/**
 * Who acts when a caller's token is in the hands of an assistant: an agent, whoever the token belongs to. It may do what
 * its caller may, is asked about beyond `confirmAbove` cancels in ten minutes, and cannot confirm for itself.
 */
export function asAgent(caller: Caller, confirmAbove: number): Caller {
  if (caller.kind === 'agent') return caller;
  const { rights } = caller;
  const above = Math.min(rights.confirmAbove ?? confirmAbove, confirmAbove);
  return { ...caller, kind: 'agent', rights: { ...rights, confirmAbove: above, selfConfirm: false } };
}
