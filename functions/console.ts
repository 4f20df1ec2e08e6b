import './aws/zod-jitless.ts';
import { readConsoleSwitch } from '../shared/config/environment/console-switch.ts';
import { lambdaHandler } from './aws/handler.ts';
import { logToLambda as log } from './aws/log.ts';
import { loadPage, pageFolder } from './console/files.ts';
import { servePage } from './console/page-routes.ts';
import { baseApp } from './http/base-app.ts';
import { problem } from './http/problem.ts';

const page = readConsoleSwitch() ? await loadPage(await pageFolder()) : undefined;

/** The page of the console on Lambda: files, and nothing that knows a secret. Switched off, it has no page. */
export const handler = lambdaHandler((newRequestId) => {
  const app = baseApp({ newRequestId, log }, problem);
  if (page !== undefined) servePage(app, page);
  return app;
});
