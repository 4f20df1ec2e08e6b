import { connectionNames } from './connection-names.js';
import { refusal } from './refusal.js';

/**
 * For serverless.yml: how many runs of the operations function its queue begins at once. With fewer than connections, one
 * connection would wait for another. Each has two, because a wake-up call that finds a run at work watches it for some seconds.
 */
export const maximum = async ({ resolveVariable }) => {
  const given = String(await resolveVariable('param:operationsConcurrency'));
  const { length: least } = await connectionNames(resolveVariable);
  if (given === '') return 2 * least;
  if (!/^\d{1,4}$/.test(given) || Number(given) < least)
    throw refusal(`operationsConcurrency must be at least ${least}, the number of connections`);
  return Number(given);
};
