import type { Caller } from '../../shared/access/caller.ts';
import type { Forwarded } from './forwarded.ts';

/** What the app receives besides the request: the Node request, or the API Gateway event. */
export interface Bindings {
  readonly incoming?: { readonly url?: string | undefined };
  /** What a trusted proxy says of the request. Absent: no proxy is trusted. */
  readonly forwarded?: Forwarded | undefined;
  /** Whether the event could not be made into a request: this request only stands for it. */
  readonly unreadable?: boolean;
  readonly event?: { readonly rawPath?: string; readonly path?: string };
}

/** The bindings and variables of a request in Hono. */
export interface HonoEnvironment {
  Bindings: Bindings;
  Variables: { requestId: string; caller: Caller; surface: 'http' | 'console' | 'cli' | 'stdio' };
}

/**
 * The path as the client wrote it, before `new URL` resolved its dot segments: of the Node request, of an HTTP API
 * event (v2) or of a REST API event (v1). `undefined` if the app was called with a finished request.
 */
export function rawTargetOf(bindings: Bindings | undefined): string | undefined {
  return bindings?.incoming?.url ?? bindings?.event?.rawPath ?? bindings?.event?.path;
}
