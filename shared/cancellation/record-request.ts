import type { AuditedRequest } from '../access/audit/body.ts';
import { reportUnwritten } from '../access/audit/report.ts';
import { AuditWriter } from '../access/audit/writer.ts';
import { within } from '../lib/clock.ts';
import type { RequestContext, ServiceParts } from './request-context.ts';

/** How long an answer without a cancel waits for its record, in milliseconds. */
const soonMs = 500;

/**
 * Records a request that is not about single jobs. Never rejects, and does not delay the answer if the store is slow and
 * the process keeps running, because such a request changes nothing at a provider.
 */
export async function recordRequest(
  noted: Omit<AuditedRequest, 'caller' | 'kind' | 'surface'>,
  decision: 'allowed' | 'refused',
  { access, clock, log, meter }: ServiceParts,
  { caller, surface, requestId }: RequestContext,
): Promise<void> {
  if (access === undefined) return;
  const request: AuditedRequest = { caller: caller.id, kind: caller.kind, surface, ...noted };
  const written = new AuditWriter(access.store, clock, requestId)
    .recordRequest(request, decision)
    .catch((error: unknown) => reportUnwritten({ log, meter }, requestId, error));
  await (access.outlivesAnswers ? within(clock, soonMs, written) : written);
}
