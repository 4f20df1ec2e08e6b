import { type Fault, type FaultKind, shapesAnswer } from '../../sandbox/faults/fault.ts';
import type { PretendProvider, ProviderName } from '../../sandbox/sandbox.ts';

/** How many jobs of a hundred meet a fault of each kind. */
const ofHundred = 3;
/** Coprime to a hundred, so that jobs with the same fault do not stand side by side. */
const stride = 37;

/** Every kind of fault that a cancel can meet, once for each job. Those that hold others up strike a few times only. */
const atCancel: readonly Fault[] = [
  { kind: 'delay', ms: 30, jitterMs: 60 },
  { kind: 'status', status: 503 },
  { kind: 'lost_after_effect', status: 503 },
  { kind: 'html', status: 502 },
  { kind: 'foreign_not_found' },
  { kind: 'empty' },
  { kind: 'truncated' },
  { kind: 'reset' },
  { kind: 'reset_after_effect' },
  { kind: 'redirect', status: 307, location: 'http://127.0.0.1:9/elsewhere' },
  { kind: 'slow_body', ms: 50 },
  { kind: 'wrong_id' },
  { kind: 'says_yes_keeps_running' },
  { kind: 'finishes_in_the_middle' },
  { kind: 'half_of_bulk' },
  { kind: 'accepts_finished' },
  // An account that turned away three of a hundred cancels whatever their pace would be asked ever more slowly.
  { kind: 'rate_limited', retryAfter: { seconds: 1 }, times: 3 },
  { kind: 'hang', times: 3 },
  { kind: 'huge_body', bytes: 1_001_000, times: 10 },
];

/** Every kind of fault that a look can meet. Each look at their jobs does. */
const atLook: readonly Fault[] = [
  { kind: 'unseen_status', word: 'mulling' },
  { kind: 'stale_look', ms: 60_000 },
  { kind: 'contradiction' },
];

/** A redirect of a read leads nowhere else than a redirect of a cancel, and so on: of these, three of a hundred reads meet one. */
const atRead = atCancel.filter(shapesAnswer);

const looks = ['status', 'list', 'statusMany'] as const;
const cancels = ['cancel', 'cancelMany'] as const;
const share = ofHundred / 100;

/**
 * Sets faults of every kind at a provider: three of a hundred jobs meet each of them, or three of a hundred requests where one
 * request is for many jobs. Of the reads, which are for many jobs, three of a hundred meet a fault of any kind. Returns the jobs
 * at which each look meets a fault, with its kind.
 */
export function setFaults(
  provider: ProviderName,
  twin: PretendProvider,
  ids: readonly string[],
  seed: number,
): ReadonlyMap<string, FaultKind> {
  for (const [index, fault] of atCancel.entries()) {
    const isOfRequest = shapesAnswer(fault) || fault.kind === 'delay' || fault.kind === 'half_of_bulk';
    const once = { times: 1, perJob: fault.times === undefined, ...fault, operations: cancels };
    if (provider === 'ionq' && isOfRequest)
      twin.setFault({ ...fault, operations: cancels, probability: share, seed: seed * 100 + index });
    else twin.setFault({ ...once, jobIds: jobsWith(index, ids) });
  }
  for (const [index, fault] of atRead.entries()) {
    const drawn = { probability: share / atRead.length, seed: seed * 100 + 50 + index };
    twin.setFault({ ...fault, operations: looks, ...drawn });
  }
  const aims = atLook.map((fault, index) => ({ fault, jobIds: jobsWith(atCancel.length + index, ids) }));
  for (const { fault, jobIds } of aims) twin.setFault({ ...fault, operations: looks, jobIds });
  return new Map(aims.flatMap(({ fault, jobIds }) => jobIds.map((id) => [id, fault.kind] as const)));
}

function jobsWith(fault: number, ids: readonly string[]): string[] {
  return ids.filter((_, index) => Math.floor(((index * stride) % 100) / ofHundred) === fault);
}
