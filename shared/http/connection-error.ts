import type { Cause } from '../contract/outcome.ts';
import { isProxy } from './proxy.ts';

/** What an error of `fetch` proves: whether anything may have arrived, and why nothing came back, where that is known. */
export interface ConnectionError {
  readonly opened: boolean;
  readonly cause?: Cause;
}

/** Reads an error of `fetch` or of the body of its response, and nothing else of it than codes. */
export function readConnectionError(error: unknown): ConnectionError {
  const losses = rootsOf(error).map(lossOfRoot);
  const opened = losses.length === 0 || losses.some((loss) => loss.opened);
  const cause = losses.find((loss) => loss.cause !== undefined)?.cause;
  return cause === undefined ? { opened } : { opened, cause };
}

/** The errors at the end of the chain of causes: several, where several addresses of a host were tried. */
function rootsOf(error: unknown): unknown[] {
  if (error instanceof AggregateError) return error.errors.flatMap(rootsOf);
  const cause = error instanceof Error ? error.cause : undefined;
  return typeof cause === 'object' && cause !== null ? rootsOf(cause) : [error];
}

/** Codes of Node, undici and OpenSSL, by what they are told as. `opened`: whether a byte of the request may have left. */
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

/** What undici says where a proxy answers CONNECT with anything but 200: no tunnel, and nothing went through it. */
const noTunnel = /^Proxy response\b/;

/** Failures of TLS that say nothing more. They come before the request. */
const beforeRequest = /^ERR_TLS_/;

function lossOfRoot(root: unknown): ConnectionError {
  if (typeof root !== 'object' || root === null) return { opened: true };
  if (root instanceof Error && root.name === 'TimeoutError') return { opened: true, cause: 'timeout' };
  if (root instanceof Error && noTunnel.test(root.message)) return { opened: false, cause: 'proxy' };
  const code = 'code' in root && typeof root.code === 'string' ? root.code : '';
  // A route can also be lost under a socket that is open: `EHOSTUNREACH` and its like count only while connecting.
  const connecting = 'syscall' in root && root.syscall === 'connect';
  const known = byCode.find(({ codes }) => codes.test(code));
  if (known === undefined) return { opened: !connecting && !beforeRequest.test(code) };
  const opened = known.opened && !connecting;
  return { opened, cause: !opened && isProxyError(root) ? 'proxy' : known.cause };
}

/** Whether it was the proxy that could not be found or reached. Only errors of names and connections say of whom they are. */
function isProxyError(root: object): boolean {
  const host = 'hostname' in root ? root.hostname : undefined;
  const port = 'port' in root ? root.port : undefined;
  return isProxy({ host, port });
}
