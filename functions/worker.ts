import './aws/zod-jitless.ts';
import { ConfigurationError } from '../shared/config/configuration-error.ts';
import { systemClock as clock } from '../shared/lib/clock.ts';
import { lambdaParts } from './aws/lambda-gateway.ts';
import { workerHandler } from './aws/worker-handler.ts';
import { processTask } from './slack/tasks/process-task.ts';

/** Nobody waits for the answer but the function's own 120 s, in which the store and Slack must have their turn too. */
const { settings, store, ...parts } = lambdaParts({ longestBudgetMs: 90_000 });
if (store === undefined) {
  throw new ConfigurationError([
    'CALLOFF_TABLE must name a table: the worker needs it to recognise repeated deliveries',
  ]);
}
const { responseOrigin } = settings.slack;
const carryOutParts = { ...parts, store, clock, responseOrigin, fetch: globalThis.fetch };

/** Carries out what the Slack function has handed on to the queue. */
export const handler = workerHandler({
  ...{ clock, log: parts.log },
  carryOut: (work, attempt) => processTask(work, carryOutParts, attempt),
});
