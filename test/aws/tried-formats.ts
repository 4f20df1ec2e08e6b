import { cases, inSoak } from '../support/thorough.ts';
import { type MakeEvent, restApiEvent } from './events.ts';

/** The encodings of a body that are tried with a payload format: in npm test each format has one, and each encoding one format. */
export function encodingsWith(makeEvent: MakeEvent) {
  return cases(
    [
      ['plain', false],
      ['in Base64', true],
    ] as const,
    ([, base64]) => base64 === (makeEvent === restApiEvent),
  );
}

/** Defines tests that take long: in npm test with the newer format alone. */
export function longWith(makeEvent: MakeEvent, define: () => void): void {
  if (makeEvent === restApiEvent) inSoak(define);
  else define();
}
