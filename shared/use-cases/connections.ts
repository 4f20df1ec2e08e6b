import { canDoAnything } from '../access/policy.ts';
import type { ProviderAdapter } from '../adapter/adapter.ts';
import type { RequestContext, ServiceParts } from '../cancellation/request-context.ts';
import type { ProviderView } from '../contract/answers/responses.ts';
import type { Result } from '../contract/result.ts';
import type { Connection } from '../engine/connection.ts';

/** Every connection where the caller has a right. It needs no request to a provider. */
export async function listProviders(
  { connections }: ServiceParts,
  _request: unknown,
  { caller }: RequestContext,
): Promise<Result<{ readonly providers: ProviderView[] }>> {
  const open = [...connections.values()].filter(({ name }) => canDoAnything(caller, name));
  return { ok: true, value: { providers: await Promise.all(open.map(viewOf)) } };
}

async function viewOf({ name, adapter, credentials }: Connection): Promise<ProviderView> {
  return {
    provider: name,
    name: adapter.displayName,
    configured: (await credentials.current()) !== undefined,
    can: {
      cancel: true,
      status: true,
      list: adapter.list !== undefined,
      cancel_many: adapter.cancelMany !== undefined,
      status_many: adapter.statusMany !== undefined,
    },
    documentation: pagesOf(adapter),
  };
}

function pagesOf({ cancel, cancelMany, documentation }: ProviderAdapter): string[] {
  const pages = cancelMany === undefined ? [cancel.page] : [cancel.page, cancelMany.page];
  return [...pages.map(({ url }) => url), ...documentation];
}
