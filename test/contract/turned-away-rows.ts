import type { ProviderId } from '../../shared/contract/provider-ids.ts';
import type { ProviderResponse, TurnedAway } from '../../shared/http/types.ts';

/** The moment of every answer, in milliseconds since the epoch. */
export const answeredAt = 1_768_473_000_000;

const limited = (retryAfterMs: number | null): TurnedAway => ({ kind: 'limited', retryAfterMs });
const rejected: TurnedAway = { kind: 'rejected' };

/** An answer of GitHub's without the headers by which it limits the pace. */
const github = (
  status: number,
  message: string,
  headers?: ProviderResponse['headers'],
): ProviderResponse => ({
  ...{ status, body: { message } },
  ...(headers && { headers }),
});
/** GitHub's answer to one request too many; `reset` is when it takes more, in seconds since the epoch. */
const spent = (reset?: string) => ({
  'x-ratelimit-remaining': '0',
  ...(reset !== undefined && { 'x-ratelimit-reset': reset }),
});
const gemini = (details: readonly unknown[], status = 429): ProviderResponse => ({
  status,
  body: { error: { code: status, message: 'Said so.', status: 'RESOURCE_EXHAUSTED', details } },
});
const retryInfo = (retryDelay: unknown) => ({ '@type': 'google.rpc.RetryInfo', retryDelay });
const badKey = (details: readonly unknown[], status = 400): ProviderResponse => ({
  status,
  body: { error: { code: 400, message: 'API key not valid.', status: 'INVALID_ARGUMENT', details } },
});
const invalid = { '@type': 'google.rpc.ErrorInfo', reason: 'API_KEY_INVALID' };
const huggingFace = (ratelimit: string, status = 429): ProviderResponse => ({
  ...{ status, body: undefined },
  headers: { ratelimit },
});
const replicate = (headers: ProviderResponse['headers'], status = 429): ProviderResponse => ({
  ...{ status, body: { detail: 'Said so.' } },
  ...(headers && { headers }),
});
const aws = (type: string, status = 400): ProviderResponse => ({
  ...{ status, body: { message: 'Said so.' } },
  headers: { 'x-amzn-errortype': type },
});

/** What an answer says of the key or the pace where its status does not tell; `null`: the rule of most providers. */
export const turnedAwayRows: {
  readonly [id in ProviderId]?: readonly (readonly [ProviderResponse, TurnedAway | null])[];
} = {
  gemini: [
    [gemini([retryInfo('34.07s')]), limited(34_070)],
    [gemini([retryInfo('7s')]), limited(7_000)],
    [gemini([{ '@type': 'google.rpc.Help' }, retryInfo('120.25s'), retryInfo('9s')]), limited(120_250)],
    ...['34', 's', '-1s', '1.s', 'in 7s', '7s.', '1234567890s', 7].map(
      (delay) => [gemini([retryInfo(delay)]), limited(null)] as const,
    ),
    [gemini([]), limited(null)],
    [{ status: 429, body: undefined }, limited(null)],
    [gemini([retryInfo('7s')], 503), null],
    [badKey([{}, invalid]), rejected],
    [badKey([invalid], 403), null],
    [badKey([{ reason: 'OTHER' }]), null],
    [badKey([]), null],
  ],
  'github-actions': [
    [github(429, 'Said so.', { 'retry-after': '30' }), limited(null)],
    [github(403, 'Said so.', { 'retry-after': '30', ...spent('1768473007') }), limited(null)],
    [github(403, 'Said so.', spent('1768473007')), limited(7_000)],
    [github(429, 'Said so.', spent('1768472000')), limited(0)],
    ...[undefined, '', 'soon', '17684730070x', 'x1768473007', '176847300700'].map(
      (reset) => [github(403, 'Said so.', spent(reset)), limited(60_000)] as const,
    ),
    [github(403, 'You have exceeded a secondary rate limit.'), limited(60_000)],
    [github(403, 'You have triggered an abuse detection mechanism.'), limited(60_000)],
    [github(403, 'Resource not accessible by integration'), null],
    [github(403, 'Said so.', { 'x-ratelimit-remaining': '10', 'x-ratelimit-reset': '1768473007' }), null],
    [github(429, 'Said so.'), null],
    [github(503, 'You have exceeded a secondary rate limit.', { 'retry-after': '30' }), null],
  ],
  'hugging-face': [
    [huggingFace('"api";r=0;t=55'), limited(55_000)],
    [huggingFace('"api";r=0; t=5, "pages";r=0;t=170'), limited(170_000)],
    [huggingFace('"api";r=0'), null],
    [huggingFace('"api";r=0;t=soon'), null],
    [huggingFace('"api";r=0;t=55', 503), null],
    [{ status: 429, body: undefined }, null],
  ],
  replicate: [
    [replicate({ 'ratelimit-reset': ' 12 ' }), limited(12_000)],
    [replicate({ 'ratelimit-reset': '12', 'retry-after': '3' }), null],
    ...['', 'x12', '12x', '1234567', '1.5'].map(
      (reset) => [replicate({ 'ratelimit-reset': reset }), null] as const,
    ),
    [replicate(undefined), null],
    [replicate({ 'ratelimit-reset': '12' }, 503), null],
  ],
  'ibm-quantum': [
    [{ status: 403, body: { errors: [{ code: 1, message: 'Said so.' }] } }, rejected],
    [{ status: 403, body: 'Forbidden' }, null],
    [{ status: 409, body: { errors: [{ code: 1, message: 'Said so.' }] } }, null],
  ],
  'aws-batch': [
    [aws('UnrecognizedClientException'), rejected],
    [aws('ExpiredTokenException:http://internal.amazon.com/', 403), rejected],
    [aws('com.amazon.coral#ThrottlingException', 429), limited(null)],
    [aws('TooManyRequestsException', 499), limited(null)],
    [aws('UnrecognizedClientException', 500), null],
    [aws('UnrecognizedClientException', 399), null],
    [aws('ClientException'), null],
    [{ status: 403, body: { __type: 'ns#SignatureDoesNotMatch' } }, rejected],
    [{ status: 400, body: { code: 'Throttling' } }, limited(null)],
    [{ status: 400, body: undefined }, null],
  ],
};
