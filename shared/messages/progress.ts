import type { Phase } from '../contract/progress.ts';
import { countOfJobs } from './counts.ts';

/** What a call is at, in a few words for whoever waits for it. */
export function phaseMessage(phase: Phase): string {
  switch (phase.kind) {
    case 'finding':
      return 'looking for jobs';
    case 'looking':
      return `looking at ${countOfJobs(phase.jobs)}`;
    case 'sending':
      return `sent ${phase.sent} of ${phase.jobs} cancels`;
    case 'watching':
      return phase.jobs === 0
        ? 'writing down what came of it'
        : `waiting for the end of ${countOfJobs(phase.jobs)}`;
    case 'held':
      return `waiting for ${phase.provider}: asks to wait ${Math.ceil(phase.forMs / 1_000)} s`;
    case 'asking':
      return "waiting for the user's answer";
  }
}
