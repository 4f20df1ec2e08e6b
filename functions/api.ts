import './aws/zod-jitless.ts';
import { systemClock as clock } from '../shared/lib/clock.ts';
import { lambdaHandler } from './aws/handler.ts';
import { lambdaParts } from './aws/lambda-gateway.ts';
import { ringThrough } from './aws/ring.ts';
import { createApp } from './http/app.ts';
import { readinessProbe } from './probes/readiness.ts';

const parts = lambdaParts({ ringThrough });
const { settings, gateway, callers, log, store, configuration } = parts;
const console = settings.console ? (await import('./aws/lambda-console.ts')).lambdaConsole(parts) : undefined;
const ready = readinessProbe({ store, configuration, clock });

/** The HTTP API on Lambda. The parts above are built once per environment; secrets are read when they are first needed. */
export const handler = lambdaHandler((newRequestId) =>
  createApp({ gateway, callers, confirmAbove: settings.confirmAbove, console, ready, log, newRequestId }),
);
