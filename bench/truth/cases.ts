import { twinNames } from '../../sandbox/providers/index.ts';
import type { Fault, ProviderName } from '../../sandbox/sandbox.ts';
import {
  appliesTo,
  type FaultCase,
  faultCases,
  type Scope,
  scopes,
} from '../../test/support/truth/faults.ts';

/** When the jobs of a case end: before the cancel, as it arrives, or not by themselves. */
export const moments = ['finished before', 'finishing during', 'running on'] as const;
export type Moment = (typeof moments)[number];

/** One or several jobs at a provider with a fault, which a contestant is asked to cancel. */
export interface TruthCase {
  /** Of small letters, digits and `-`, so that it can be the name of a connection. */
  readonly id: string;
  readonly name: string;
  readonly provider: ProviderName;
  readonly moment: Moment;
  /** How many jobs: 1, or some for a bulk. */
  readonly jobs: number;
  readonly fault: Fault;
  /** Whether the provider's own status may be false, so that no client can know better. */
  readonly isStatusFalse: boolean;
  /** Whether an answer may take as long as a client is patient. */
  readonly isSlow: boolean;
}

/** How many providers are left out between two reaches: so that each provider has its turn with every moment and size. */
const stepsBetween = 3;
/** How many jobs a bulk has. */
const bulk = 4;

interface Reach {
  readonly scope: Scope;
  readonly isOnce: boolean;
}

/** Which requests the fault hits: the cancel, or whatever it can hit; and whether it hits each job once or always. */
function reachesOf({ on = ['cancel', 'looks', 'everything'] }: FaultCase): Reach[] {
  const reached = new Set([on[0], on.at(-1)].filter((scope) => scope !== undefined));
  return [...reached].flatMap((scope) => [
    { scope, isOnce: true },
    { scope, isOnce: false },
  ]);
}

const slowKinds: readonly Fault['kind'][] = ['hang', 'rate_limited', 'redirect'];

/**
 * Every fault, with every moment, for one job and for several: each such case at the next provider in turn, so that all
 * providers are asked equally often, and each fault meets most of them. The slow ones are first.
 */
export function truthCases(): readonly TruthCase[] {
  let turn = 0;
  const nextFor = (faultCase: FaultCase) => {
    const possible = twinNames.filter((name) => appliesTo(faultCase, name));
    const provider = possible[turn++ % possible.length];
    if (provider === undefined) throw new Error(`${faultCase.name} can happen at no provider`);
    return provider;
  };
  const all = faultCases.flatMap((faultCase) =>
    reachesOf(faultCase).flatMap((reach) => {
      turn += stepsBetween;
      return moments.flatMap((moment) =>
        [1, bulk].map((jobs) => caseOf(faultCase, { ...reach, moment, jobs, provider: nextFor(faultCase) })),
      );
    }),
  );
  return all
    .map((each, index) => ({ ...each, id: `t${index}` }))
    .toSorted((one, other) => Number(other.isSlow) - Number(one.isSlow));
}

function caseOf(
  { name, fault }: FaultCase,
  { scope, isOnce, ...rest }: Reach & Pick<TruthCase, 'moment' | 'jobs' | 'provider'>,
): Omit<TruthCase, 'id'> {
  const size = rest.jobs === 1 ? 'one job' : `${rest.jobs} jobs`;
  const often = isOnce ? 'once a job' : 'always';
  return {
    ...rest,
    name: `${rest.provider}: ${name}, on ${scope}, ${often}; ${rest.moment}; ${size}`,
    fault: { ...fault, operations: scopes[scope], ...(isOnce && { times: 1, perJob: true }) },
    isStatusFalse: fault.kind === 'contradiction',
    isSlow: slowKinds.includes(fault.kind),
  };
}
