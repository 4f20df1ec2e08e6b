import './aws/zod-jitless.ts';
import { operationsHandler } from './aws/operations-handler.ts';
import { operationsParts } from './aws/operations-parts.ts';

/** Works off operations on Lambda: its queue calls it for one connection at a time, and a rule each minute for what is due. */
export const handler = operationsHandler(operationsParts());
