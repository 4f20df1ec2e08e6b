import * as z from 'zod';
import type { ProviderResponse, TurnedAway } from '../http/types.ts';
import type { CancelManyReading, UnacceptedCancel } from './adapter.ts';
import { failure } from './failures.ts';
import { optional } from './parsing.ts';

const bodySchema = z.object({ __type: optional(z.string()), code: optional(z.string()) });

/**
 * The type of an error of a service of AWS that speaks JSON. A namespace or an address may stand around the name.
 * @see https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html#operation-error-serialization
 */
export function awsErrorType({ headers, body }: ProviderResponse): string | undefined {
  const { data } = bodySchema.safeParse(body);
  const type = headers?.['x-amzn-errortype'] ?? data?.__type ?? data?.code;
  return type?.split(':')[0]?.split('#').at(-1);
}

/** https://docs.aws.amazon.com/awsconsolehelpdocs/latest/gsg/common-errors.html, and the names that other services use. */
const rejections = [
  ...['ExpiredToken', 'ExpiredTokenException', 'IncompleteSignature', 'IncompleteSignatureException'],
  ...['InvalidClientTokenId', 'InvalidSignatureException', 'MissingAuthenticationToken'],
  ...['MissingAuthenticationTokenException', 'OptInRequired', 'RequestExpired', 'RequestTimeTooSkewed'],
  ...['SignatureDoesNotMatch', 'UnrecognizedClientException'],
];
const limits = ['RequestLimitExceeded', 'Throttling', 'ThrottlingException', 'TooManyRequestsException'];

/** What a response of a service of AWS says of the key or the pace: an access key is rejected by 403 or 400, and a pace by 429 or 400. */
export function awsTurnedAway(response: ProviderResponse): TurnedAway | null {
  if (response.status < 400 || response.status > 499) return null;
  const type = awsErrorType(response) ?? '';
  if (rejections.includes(type)) return { kind: 'rejected' };
  return limits.includes(type) ? { kind: 'limited', retryAfterMs: null } : null;
}

const bulkSchema = z.object({
  successful: z.array(z.string()),
  errors: z.array(z.object({ job: z.string(), code: z.string() })),
});

/** What the code of one job means, in an answer that has the status 200 whatever it says: https://docs.aws.amazon.com/batch/latest/APIReference/API_TerminateJobs.html */
const readingOf = new Map<string, UnacceptedCancel['reading']>([
  ['ValidationException', { kind: 'rejected' }],
  ['ClientException', { kind: 'rejected' }],
  ['ThrottlingException', failure('rate_limited', false)],
  ['AccessDenied', failure('credentials_rejected', false)],
  ['ServerException', failure('provider_unavailable', true)],
]);

/**
 * Reads an answer to a bulk cancel, which tells of each job; `undefined` if it is none. A job of which it says two things, or
 * something new, is left out: then calloff does not know.
 */
export function readAwsBulk(
  { status, body }: ProviderResponse,
  asked: readonly string[],
): CancelManyReading | undefined {
  const { data } = bulkSchema.safeParse(body);
  if (status !== 200 || data === undefined) return undefined;
  const { successful, errors } = data;
  const others = asked.flatMap((jobId): UnacceptedCancel[] => {
    const [code, ...more] = new Set(errors.filter(({ job }) => job === jobId).map((error) => error.code));
    const reading = more.length === 0 && !successful.includes(jobId) ? readingOf.get(code ?? '') : undefined;
    return reading === undefined ? [] : [{ jobId, reading }];
  });
  const isOpen = (jobId: string) => !errors.some(({ job }) => job === jobId);
  const jobIds = asked.filter((jobId) => successful.includes(jobId) && isOpen(jobId));
  return { kind: 'accepted', jobIds, providerStatus: null, others };
}
