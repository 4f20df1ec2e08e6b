import './aws/zod-jitless.ts';
import { lambdaHandler } from './aws/handler.ts';
import { logToLambda as log } from './aws/log.ts';
import { slackParts } from './aws/slack-parts.ts';
import { baseApp } from './http/base-app.ts';
import { problem } from './http/problem.ts';
import { slackRoutes } from './slack/routes.ts';

const routes = slackRoutes(slackParts());

/** Slack's slash command and buttons on Lambda: verified, answered at once, and passed to the queue. */
export const handler = lambdaHandler((newRequestId) =>
  baseApp({ newRequestId, log }, problem).route('/slack', routes),
);
