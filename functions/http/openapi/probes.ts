import { healthSchema, notReadySchema, readySchema } from './probe-answers.ts';
import { jsonOf, unreadableAnswer } from './responses.ts';
import { referenceTo } from './schemas.ts';

/** What anyone may ask without a token, by path. */
export const probes = {
  '/healthz': {
    get: {
      operationId: 'health',
      tags: ['Health'],
      summary: 'Check that the process answers',
      description: 'Needs no token, and asks neither the store nor a provider.',
      security: [],
      responses: {
        200: {
          description: 'The process answers',
          content: jsonOf(referenceTo(healthSchema), { status: 'ok' }),
        },
        ...unreadableAnswer,
      },
    },
  },
  '/readyz': {
    get: {
      operationId: 'readiness',
      tags: ['Health'],
      summary: 'Check that a cancel can be carried out',
      description:
        'Needs no token, and answers within a second: whether the store can be written to and the configuration is in force. It asks no provider.',
      security: [],
      responses: {
        200: {
          description: 'A cancel can be carried out',
          content: jsonOf(referenceTo(readySchema), { status: 'ready' }),
        },
        ...unreadableAnswer,
        503: {
          description: 'A cancel cannot be carried out now',
          content: jsonOf(referenceTo(notReadySchema), { status: 'not_ready', reason: 'store_unavailable' }),
        },
      },
    },
  },
};
