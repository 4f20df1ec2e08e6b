import fc from 'fast-check';
import { inject, vi } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    readonly globalNamespace: string;
    readonly mutantActivation?: 'static' | 'runtime';
    readonly activeMutant?: string;
  }
}

// The same cases in every run, so that a mutant that survives once survives again; and the first case that fails is enough.
fc.configureGlobal({ seed: 20261128, endOnFailure: true });

// A kept thread still has the mutant of the run before while this run loads its modules.
if (inject('mutantActivation') === 'runtime') {
  Reflect.set(Reflect.get(globalThis, inject('globalNamespace')), 'activeMutant', undefined);
}

// A kept thread has the schemas that an earlier run made: a mutant inside one acts only if it is made again.
const { CALLOFF_MUTATION_LOADS_AGAIN } = process.env;
if (CALLOFF_MUTATION_LOADS_AGAIN !== undefined) vi.resetModules();
