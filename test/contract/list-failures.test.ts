import { describe, expect, it } from 'vitest';
import type { Code } from '../../shared/contract/outcome.ts';
import { unreadListFinding } from '../../shared/messages/findings/no-list.ts';
import { listFailureMessage } from '../../shared/messages/list.ts';

const connection = { name: 'replicate', adapter: { displayName: 'Replicate' } };

describe('a list that could not be read', () => {
  it.each<[Code, string, string]>([
    [
      'credentials_rejected',
      'its API key was not accepted',
      'Check REPLICATE_API_TOKEN, or on AWS the secret of the connection. If calloff runs on a server, ask its administrator to do that.',
    ],
    [
      'unexpected_response',
      'it answered in a way its documentation does not allow',
      'Check the base URL of replicate with "calloff doctor". If calloff runs on a server, ask its administrator to do that.',
    ],
    [
      'provider_not_configured',
      'there is no usable API key for replicate',
      'Set REPLICATE_API_TOKEN, or on AWS the secret of the connection. Restart calloff if it is running, then try again. If calloff runs on a server, ask its administrator to do that.',
    ],
  ])('because of %s comes with what to do', (code, why, step) => {
    expect(listFailureMessage({ code }, connection)).toBe(
      `The jobs at Replicate could not all be listed: ${why}. ${step}`,
    );
  });

  it('is told by the doctor with what it may mean', () => {
    expect(unreadListFinding('unexpected_response', 404)).toMatch(/^The adapter .*HTTP 404.*base URL/);
    expect(unreadListFinding('denied_by_provider', 403)).toMatch(/^The provider does not let this key list/);
    expect(unreadListFinding('provider_unavailable', 503)).toMatch(/^The provider failed .*status page/);
  });
});
