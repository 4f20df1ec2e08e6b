import type { Cause } from '../contract/outcome.ts';
import { isProxy } from './proxy.ts';

/** What an error of `fetch` proves: whether the request may have arrived, and the cause if it is known. */
export interface ConnectionError {
  readonly opened: boolean;
  readonly cause?: Cause;
}

/** Reads the codes, and nothing else, of an error of `fetch` or of its response body. */
export function readConnectionError(error: unknown): ConnectionError {
  const losses = rootsOf(error).map(lossOfRoot);
  const opened = losses.length === 0 || losses.some((loss) => loss.opened);
  const cause = losses.find((loss) => loss.cause !== undefined)?.cause;
  return cause === undefined ? { opened } : { opened, cause };
}

/** The errors at the end of the chain of causes: several, if several addresses of a host were tried. */
function rootsOf(error: unknown): unknown[] {
  if (error instanceof AggregateError) return error.errors.flatMap(rootsOf);
  const cause = error instanceof Error ? error.cause : undefined;
  return typeof cause === 'object' && cause !== null ? rootsOf(cause) : [error];
}

/** The causes of codes of Node, undici and OpenSSL. `opened`: whether a byte of the request may have been sent. */
const byCode: readonly { readonly codes: RegExp; readonly opened: boolean; readonly cause: Cause }[] = [
  { codes: /^ECONNREFUSED$/, opened: false, cause: 'refused' },
  { codes: /^(ENOTFOUND|EAI_AGAIN|EAI_NODATA|EAI_NONAME|EAI_FAIL)$/, opened: false, cause: 'name' },
  { codes: /^(UND_ERR_CONNECT_TIMEOUT|ERR_TLS_HANDSHAKE_TIMEOUT)$/, opened: false, cause: 'timeout' },
  { codes: /^(ETIMEDOUT|UND_ERR_(HEADERS|BODY)_TIMEOUT)$/, opened: true, cause: 'timeout' },
  // https://nodejs.org/api/tls.html#x509-certificate-error-codes
  {
    codes:
      /^(ERR_TLS_CERT_ALTNAME_.*|(CERT|CRL|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|ERROR_IN_(CERT|CRL))_.*|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED|HOSTNAME_MISMATCH)$/,
    opened: false,
    cause: 'certificate',
  },
];

/** undici's message if a proxy answers CONNECT with anything but 200: there is no tunnel, and nothing was sent. */
const noTunnel = /^Proxy response\b/;

/** Other TLS failures. They come before the request. */
const beforeRequest = /^ERR_TLS_/;

function lossOfRoot(root: unknown): ConnectionError {
  if (typeof root !== 'object' || root === null) return { opened: true };
  if (root instanceof Error && root.name === 'TimeoutError') return { opened: true, cause: 'timeout' };
  if (root instanceof Error && noTunnel.test(root.message)) return { opened: false, cause: 'proxy' };
  const code = 'code' in root && typeof root.code === 'string' ? root.code : '';
  // A route can also be lost under an open socket, so `EHOSTUNREACH` and similar codes count only while connecting.
  const connecting = 'syscall' in root && root.syscall === 'connect';
  const known = byCode.find(({ codes }) => codes.test(code));
  if (known === undefined) return { opened: !connecting && !beforeRequest.test(code) };
  const opened = known.opened && !connecting;
  return { opened, cause: !opened && isProxyError(root) ? 'proxy' : known.cause };
}

/** Whether the proxy could not be resolved or reached. Only errors of names and connections say which host they are about. */
function isProxyError(root: object): boolean {
  const host = 'hostname' in root ? root.hostname : undefined;
  const port = 'port' in root ? root.port : undefined;
  return isProxy({ host, port });
}
