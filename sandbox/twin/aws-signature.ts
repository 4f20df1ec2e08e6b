import { createHash, createHmac } from 'node:crypto';

/** A request as it stands on the wire. Names of headers are in lower case. */
export interface SignedRequest {
  readonly method: string;
  /** The path and the query. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The parts of a signature of AWS, in the header `authorization`. */
const signaturePattern =
  /^AWS4-HMAC-SHA256 Credential=([^/,]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, *SignedHeaders=([^,]+), *Signature=([0-9a-f]{64})$/;

/**
 * Checks the signature of a request as AWS does, written from its description and not with its SDK. Returns who signed and
 * for what, or `undefined` if the signature is not that of this request with the secret that belongs to the access key.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function checkSignature(
  request: SignedRequest,
  secretOf: (accessKeyId: string) => string | undefined,
): { readonly accessKeyId: string; readonly region: string; readonly service: string } | undefined {
  const { authorization = '', 'x-amz-date': time = '' } = request.headers;
  const parts = signaturePattern.exec(authorization);
  const [, accessKeyId = '', day = '', region = '', service = '', names = '', signature = ''] = parts ?? [];
  const secretKey = secretOf(accessKeyId);
  if (parts === null || secretKey === undefined || !time.startsWith(day)) return undefined;
  const scope = `${day}/${region}/${service}/aws4_request`;
  const hashed = sha256(canonical(request, names.split(';')));
  const key = [day, region, service, 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${secretKey}`);
  const expected = hmac(key, ['AWS4-HMAC-SHA256', time, scope, hashed].join('\n')).toString('hex');
  return expected === signature ? { accessKeyId, region, service } : undefined;
}

function canonical({ method, target, headers, body }: SignedRequest, names: readonly string[]): string {
  const [path = '', query = ''] = target.split('?', 2);
  const values = names.map((name) => `${name}:${(headers[name] ?? '').trim().replace(/ +/g, ' ')}\n`);
  return [
    ...[method, path.split('/').map(encoded).join('/'), canonicalQuery(query)],
    ...[values.join(''), names.join(';'), sha256(body)],
  ].join('\n');
}

function canonicalQuery(query: string): string {
  const pairs = query.split('&').filter((pair) => pair !== '');
  const decoded = pairs.map((pair) => pair.split('=').map((part) => encoded(decodeURIComponent(part))));
  const sorted = decoded.toSorted(([name = '', value = ''], [otherName = '', otherValue = '']) =>
    name === otherName ? compare(value, otherValue) : compare(name, otherName),
  );
  return sorted.map(([name = '', value = '']) => `${name}=${value}`).join('&');
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}

/** Encoded as AWS does: all but letters, digits and `-._~`. */
function encoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
