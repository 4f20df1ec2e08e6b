import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { causes } from '../../shared/contract/outcome.ts';
import { readConnectionError } from '../../shared/http/connection-error.ts';
import { connectionLog } from '../../shared/http/connection-log.ts';
import type { LogEntry } from '../../shared/lib/log.ts';
import { canaryKey, everythingShown } from '../support/canary.ts';
import { ManualClock } from '../support/time/manual-clock.ts';

/** As `fetch` fails: the error of the system is the cause of one of its own. */
const failed = (cause: unknown) => new TypeError(`fetch failed ${canaryKey}`, { cause });

describe('an error of fetch', () => {
  test.each([
    ['ECONNREFUSED', false, 'refused'],
    ['ENOTFOUND', false, 'name'],
    ['EAI_AGAIN', false, 'name'],
    ['EHOSTUNREACH', true, undefined],
    ['ENETUNREACH', true, undefined],
    ['UND_ERR_CONNECT_TIMEOUT', false, 'timeout'],
    ['CERT_HAS_EXPIRED', false, 'certificate'],
    ['CERT_NOT_YET_VALID', false, 'certificate'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', false, 'certificate'],
    ['SELF_SIGNED_CERT_IN_CHAIN', false, 'certificate'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', false, 'certificate'],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', false, 'certificate'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', false, 'certificate'],
    ['HOSTNAME_MISMATCH', false, 'certificate'],
    ['INVALID_PURPOSE', false, 'certificate'],
    ['ERR_TLS_HANDSHAKE_TIMEOUT', false, 'timeout'],
    ['ERR_TLS_ALPN_CALLBACK_INVALID_RESULT', false, undefined],
    ['ECONNRESET', true, undefined],
    ['EPIPE', true, undefined],
    ['ETIMEDOUT', true, 'timeout'],
    ['UND_ERR_SOCKET', true, undefined],
    ['UND_ERR_HEADERS_TIMEOUT', true, 'timeout'],
    ['a code never seen', true, undefined],
    [42, true, undefined],
  ])('with %s as its cause: may something have arrived? %j; told as %s', (code, opened, cause) => {
    expect(readConnectionError(failed({ code }))).toEqual({ opened, ...(cause && { cause }) });
  });

  test.each(['ECONNREFUSED', 'ETIMEDOUT', 'EHOSTUNREACH', 'ECONNRESET'])(
    'with %s while connecting: nothing arrived',
    (code) => {
      expect(readConnectionError(failed({ code, syscall: 'connect' }))).toMatchObject({ opened: false });
    },
  );

  test('of a host with several addresses has arrived unless it failed at each', () => {
    const refused = { code: 'ECONNREFUSED', syscall: 'connect' };
    const unroutable = { code: 'ENETUNREACH', syscall: 'connect' };
    const both = failed(new AggregateError([unroutable, refused]));
    expect(readConnectionError(both)).toEqual({ opened: false, cause: 'refused' });
    const one = failed(new AggregateError([refused, { code: 'ECONNRESET' }]));
    expect(readConnectionError(one)).toEqual({ opened: true, cause: 'refused' });
    expect(readConnectionError(failed(new AggregateError([])))).toEqual({ opened: true });
  });

  test('proves nothing unless it is known to: any other may have arrived, and has no cause', () => {
    const known =
      /REFUSED|^E(NOTFOUND|AI_)|TIME|CERT|CRL|^ERR_TLS|ZERO|SELF_SIGNED|UNABLE|INVALID|PATH|HOSTNAME/;
    const code = fc.string().filter((text) => !known.test(text));
    const root = fc.oneof(fc.record({ code, syscall: fc.constantFrom('read', 'write') }), fc.anything());
    fc.assert(
      fc.property(root, fc.nat(3), (foreign, depth) => {
        let error: unknown = foreign;
        for (let each = 0; each < depth; each += 1) error = failed(error);
        const isPlain = typeof foreign !== 'object' || foreign === null || !('code' in foreign);
        const loss = readConnectionError(error);
        expect([undefined, ...causes]).toContain(loss.cause);
        if (isPlain || !known.test(String(foreign.code))) expect(loss).toEqual({ opened: true });
        expect(everythingShown(loss)).not.toContain(canaryKey);
      }),
    );
  });
});

test('a cause, and that the key is rejected, are logged once a minute for each connection', () => {
  const clock = new ManualClock(1_000_000);
  const entries: LogEntry[] = [];
  const { lost, keyRejected } = connectionLog('ionq', clock, (entry) => entries.push(entry));
  for (let each = 0; each < 100; each += 1) {
    lost('certificate');
    keyRejected();
  }
  lost('timeout');
  expect(entries).toEqual([
    { level: 'warn', event: 'provider_unreachable', connection: 'ionq', cause: 'certificate' },
    { level: 'error', event: 'key_rejected', connection: 'ionq' },
    { level: 'warn', event: 'provider_unreachable', connection: 'ionq', cause: 'timeout' },
  ]);
});
