import * as z from 'zod';
import { confirmationIdPattern } from '../access/confirmation/token.ts';
import { pageLimit, word } from '../contract/requests.ts';
import { flagSchema } from './flag.ts';

/** A request about a confirmation. */
export const confirmationRequest = z.lazy(() =>
  z.strictObject({
    confirmation_id: word.regex(
      confirmationIdPattern,
      'must be the id of a confirmation, ten letters and digits',
    ),
  }),
);

/** A request to show a confirmation. */
export const showConfirmationRequest = z.lazy(() =>
  confirmationRequest.unwrap().extend({
    check: flagSchema
      .optional()
      .describe('Read the status of the jobs first, for a few seconds: each then has its state_now')
      .meta({ type: 'boolean' }),
  }),
);

/** A request for what waits for the caller's consent. */
export const waitingRequest = z.lazy(() =>
  z.strictObject({
    limit: pageLimit.describe('The most confirmations to return; a page has at most 100'),
    cursor: word.max(200).optional().describe('next_cursor of the previous page'),
  }),
);
