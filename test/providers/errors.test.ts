import { describe, expect, test } from 'vitest';
import { readBatchState } from '../../shared/adapter/aws-batch-state.ts';
import { awsErrorType, awsTurnedAway, readAwsBulk } from '../../shared/adapter/aws-errors.ts';
import { isContentRefusal, readFailure } from '../../shared/adapter/failures.ts';
import { jobReader } from '../../shared/adapter/job-reader.ts';

const body = undefined;

describe('an answer without a word of its own', () => {
  test.each([
    [200, 'unexpected_response', true],
    [302, 'unexpected_response', true],
    [399, 'unexpected_response', true],
    [400, 'unexpected_response', false],
    [401, 'credentials_rejected', false],
    [408, 'provider_unavailable', true],
    [429, 'rate_limited', false],
    [499, 'unexpected_response', false],
    [500, 'provider_unavailable', true],
    [503, 'provider_unavailable', true],
  ])('%i is %s; whether it may have acted: %s', (status, code, mayHaveActed) => {
    expect(readFailure({ status, body })).toEqual({ kind: 'failure', code, mayHaveActed });
  });

  test('refuses what a request holds by 400, 404 and 413', () => {
    const all = Array.from({ length: 500 }, (_, status) => status + 100);
    expect(all.filter((status) => isContentRefusal({ status, body }))).toEqual([400, 404, 413]);
  });

  test('to a cancel is a clear no only if there is no such job, unless the adapter says more', () => {
    const answers = { readJob: () => undefined, isMissing: () => false };
    const response = { status: 400, body };
    expect(jobReader(answers).readCancel(response, 'x')).toMatchObject({ kind: 'failure' });
    expect(jobReader({ ...answers, isMissing: () => true }).readCancel(response, 'x')).toEqual({
      kind: 'rejected',
    });
    expect(jobReader({ ...answers, isRefused: () => true }).readCancel(response, 'x')).toEqual({
      kind: 'rejected',
    });
  });
});

describe('an error of AWS', () => {
  test.each([
    [{ status: 400, body: { __type: 'com.amazon#Throttling' } }, 'Throttling'],
    [{ status: 400, body: { code: 'Throttling:http://x' } }, 'Throttling'],
    [{ status: 400, body: 'no' }, undefined],
    [{ status: 400, body: { __type: 7, code: 'B' }, headers: { 'x-amzn-errortype': 'A:http://x' } }, 'A'],
  ])('has its type in the header or in the body: %j', (response, type) => {
    expect(awsErrorType(response)).toBe(type);
  });

  const turned = (__type: string, status = 400) => awsTurnedAway({ status, body: { __type } })?.kind;

  test.each([
    ...['ExpiredToken', 'ExpiredTokenException', 'IncompleteSignature', 'IncompleteSignatureException'],
    ...['InvalidClientTokenId', 'InvalidSignatureException', 'MissingAuthenticationToken'],
    ...['MissingAuthenticationTokenException', 'OptInRequired', 'RequestExpired', 'RequestTimeTooSkewed'],
    ...['SignatureDoesNotMatch', 'UnrecognizedClientException'],
  ])('rejects the key: %s', (type) => {
    expect(turned(type)).toBe('rejected');
  });

  test('limits the pace, and is told by its type and a status from 400 to 499', () => {
    const statuses = [200, 399, 400, 499, 500].map((status) => turned('ThrottlingException', status));
    expect(statuses).toEqual([undefined, undefined, 'limited', 'limited', undefined]);
    expect(turned('ClientException')).toBeUndefined();
    expect(awsTurnedAway({ status: 403, body })).toBeNull();
  });

  test('of one job of many counts only if it is the only word about it', () => {
    const errors = [
      { job: 'a', code: 'ClientException' },
      { job: 'b', code: 'ClientException' },
      { job: 'b', code: 'AccessDenied' },
      { job: 'c', code: 'ClientException' },
      { job: 'd', code: 'ClientException' },
      { job: 'd', code: 'ClientException' },
      { job: 'e', code: 'SomethingNew' },
    ];
    const answer = { status: 200, body: { successful: ['c', 'f', 'z'], errors } };
    expect(readAwsBulk(answer, ['a', 'b', 'c', 'd', 'e', 'f', 'g'])).toEqual({
      ...{ kind: 'accepted', jobIds: ['f'], providerStatus: null },
      others: ['a', 'd'].map((jobId) => ({ jobId, reading: { kind: 'rejected' } })),
    });
    expect(readAwsBulk({ ...answer, status: 202 }, ['a'])).toBeUndefined();
  });
});

describe('the state of a job of AWS Batch', () => {
  const runs = { statusSummary: { RUNNING: 1 } };
  const startedAt = '2026-01-15T10:30:00.000Z';
  const late = 'Job attempt duration exceeded timeout';

  test.each([
    [{ status: 'PENDING' }, 'queued'],
    [{ status: 'PENDING', arrayProperties: runs }, 'running'],
    [{ status: 'FAILED', arrayProperties: runs }, 'failed'],
    [{ status: 'FAILED' }, 'failed'],
    [{ status: 'FAILED', isCancelled: false }, 'failed'],
    [{ status: 'FAILED', isCancelled: true }, 'cancelled'],
    [{ status: 'FAILED', isCancelled: true, startedAt }, 'failed'],
    [{ status: 'FAILED', isTerminated: true, startedAt }, 'cancelled'],
    [{ status: 'FAILED', isTerminated: true, statusReason: late }, 'failed'],
    [{ status: 'FAILED', isTerminated: true, statusReason: `by hand: ${late}` }, 'cancelled'],
    [{ status: 'SUCCEEDED', isTerminated: true }, 'completed'],
    [{ status: 'NEW' }, 'unknown'],
  ])('%j is %s', (job, state) => {
    expect(readBatchState(job)).toBe(state);
  });
});
