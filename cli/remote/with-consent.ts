import { ok } from '../../shared/contract/result.ts';
import type { CalledGateway } from '../../shared/gateway.ts';
import { cancelsWithConsent } from './consent.ts';

/**
 * A gateway of a server that asks the person at this terminal where the gateway of this machine would: if the server offers a
 * confirmation to a caller who may give it, and the person says yes, the request is repeated with it.
 */
export function withConsent(gateway: CalledGateway): CalledGateway {
  const cancels = cancelsWithConsent(gateway, {
    asker: 'person',
    place: 'terminal',
    mayConfirm: async ({ confirmation_token: token }) => token !== undefined,
    confirm: async ({ confirmation_token: token = '' }) => ok({ confirmation_token: token }),
  });
  return { ...gateway, ...cancels };
}
