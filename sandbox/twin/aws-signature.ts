import { createHash, createHmac } from 'node:crypto';
import * as z from 'zod';
import type { OutgoingRequest } from './provider-model.ts';

/** A request as it stands on the wire. Names of headers are in lower case. */
export interface SignedRequest {
  readonly method: string;
  /** The path and the query. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const accessKey = z.object({ accessKeyId: z.string(), secretAccessKey: z.string() });
type AwsAccessKey = z.output<typeof accessKey>;

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
  const expected = sign(request, names.split(';'), { secretKey, time, region, service });
  return expected === signature ? { accessKeyId, region, service } : undefined;
}

/** An access key, from a JSON with one, or with this text for its secret. */
export function awsKeyFrom(text: string): AwsAccessKey {
  try {
    return accessKey.parse(JSON.parse(text));
  } catch {
    return { accessKeyId: 'AKIASANDBOX', secretAccessKey: text };
  }
}

/** The headers with which this request is signed now. */
export function signatureOf(
  { method, target, header, text }: OutgoingRequest,
  { accessKeyId, secretAccessKey: secretKey }: AwsAccessKey,
  { region, service }: { readonly region: string; readonly service: string },
): Readonly<Record<string, string>> {
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const headers = { host: header('host') ?? '', 'x-amz-date': time };
  const names = Object.keys(headers);
  const signature = sign({ method, target, headers, body: text }, names, {
    secretKey,
    time,
    region,
    service,
  });
  const scope = `${accessKeyId}/${time.slice(0, 8)}/${region}/${service}/aws4_request`;
  const authorization = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  return { 'x-amz-date': time, authorization };
}

interface Signing {
  readonly secretKey: string;
  /** As in the header `x-amz-date`. */
  readonly time: string;
  readonly region: string;
  readonly service: string;
}

function sign(
  request: SignedRequest,
  names: readonly string[],
  { secretKey, time, region, service }: Signing,
): string {
  const day = time.slice(0, 8);
  const scope = `${day}/${region}/${service}/aws4_request`;
  const hashed = sha256(canonical(request, names));
  const key = [day, region, service, 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${secretKey}`);
  return hmac(key, ['AWS4-HMAC-SHA256', time, scope, hashed].join('\n')).toString('hex');
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
