import type { AuditEntry } from '../../shared/access/audit/entry.ts';
import { type Caller, type JobPattern, type Rights, unrestrictedRights } from '../../shared/access/caller.ts';
import type { RequestContext } from '../../shared/cancellation/request-context.ts';
import type { ConnectionSettings } from '../../shared/config/connection-settings.ts';
import { credentialFromSettings } from '../../shared/config/secrets/credentials.ts';
import { createGateway, type Gateway } from '../../shared/gateway.ts';
import { type Clock, systemClock } from '../../shared/lib/clock.ts';
import type { Store } from '../../shared/store/store.ts';
import { pepper } from '../support/configuration.ts';
import { accepted } from '../support/harness.ts';

/** What a watched gateway is made of. */
interface WatchedParts {
  readonly store: Store;
  readonly connections?: readonly ConnectionSettings[];
  readonly clock?: Clock;
  readonly budgetMs?: number;
  readonly protectedJobs?: readonly JobPattern[];
}

/** A gateway that counts, asks for confirmations and writes down. */
export function watchedGateway({
  store,
  connections = [],
  clock = systemClock,
  budgetMs = 120_000,
  protectedJobs = [],
}: WatchedParts): Gateway {
  return createGateway({
    connections: async () => connections,
    credentials: credentialFromSettings,
    budgetMs,
    clock,
    access: { store, pepper: async () => pepper },
    protectedJobs: async () => protectedJobs,
  });
}

let calls = 0;

/** A call of its own by somebody who may do everything, but for what is said here. */
export function callBy(
  id: string,
  rights: Partial<Rights> = {},
  more: Partial<Omit<RequestContext, 'caller'>> & Partial<Pick<Caller, 'kind'>> = {},
): RequestContext {
  calls += 1;
  const { kind = 'program', ...rest } = more;
  const caller: Caller = { id, kind, rights: { ...unrestrictedRights, ...rights } };
  return { requestId: `call-${calls}`, surface: 'http', ...rest, caller };
}

/** The whole audit as somebody reads it who may, page by page. */
export async function auditOf(gateway: Gateway, request: object = {}): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = [];
  let cursor: string | undefined;
  do {
    const page = accepted(
      await gateway.readAudit({ limit: 1_000, ...request, ...(cursor && { cursor }) }, callBy('auditor')),
    );
    entries.push(...page.entries);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return entries;
}
