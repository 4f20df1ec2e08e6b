import { inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    readonly isThorough?: boolean;
  }
}

/** Whether everything is tried: by `npm run test:soak` it is; `npm test` tries a part of what only adds variety. */
const isThorough = inject('isThorough') === true;

/** Defines tests that only a soak runs: `npm test` has others that stand for them. */
export function inSoak(define: () => void): void {
  if (isThorough) define();
}

/** How often a property is tried: `all` in a soak, else `some`. */
export function runs(all: number, some: number): number {
  return isThorough ? all : some;
}

/** Which cases are tried: all in a soak, else those that `isWanted` picks to stand for the others. */
export function cases<Case>(all: readonly Case[], isWanted: (each: Case, index: number) => boolean): Case[] {
  return isThorough ? [...all] : all.filter(isWanted);
}

/** Which cases are tried: all in a soak, else those at these places, which stand for the others. */
export function casesAt<const Case>(all: readonly Case[], ...places: readonly number[]): Case[] {
  return cases(all, (_, index) => places.includes(index));
}
