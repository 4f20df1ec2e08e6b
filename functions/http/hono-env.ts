import type { Caller } from '../../shared/access/caller.ts';

/** What the app is handed beside a request: the Node request, or the API Gateway event. */
export interface Bindings {
  readonly incoming?: { readonly url?: string | undefined };
  /** Whether no request could be made of what came in: this one only stands for it. */
  readonly unreadable?: boolean;
  readonly event?: { readonly rawPath?: string; readonly path?: string };
}

/** What Hono knows of a request beside itself. */
export interface HonoEnvironment {
  Bindings: Bindings;
  Variables: { requestId: string; caller: Caller };
}

/**
 * The path as the client wrote it, before `new URL` resolved its dot segments: of the Node request, of an HTTP API
 * event (v2) or of a REST API event (v1). `undefined` where the app was called with a finished request.
 */
export function rawTargetOf(bindings: Bindings | undefined): string | undefined {
  return bindings?.incoming?.url ?? bindings?.event?.rawPath ?? bindings?.event?.path;
}
