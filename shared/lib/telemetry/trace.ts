import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';

/** The trace of a caller that a request belongs to. */
interface Trace {
  readonly traceId: string;
  /** The caller's span. */
  readonly parentId: string;
  /** calloff's own span, which is what a provider sees as its parent. */
  readonly spanId: string;
  readonly isSampled: boolean;
}

/** The fields of a log line that say which trace it belongs to. */
export interface TraceFields {
  readonly trace_id?: string;
  readonly span_id?: string;
  readonly parent_id?: string;
}

const traces = new AsyncLocalStorage<Trace>();

/** The known part of a `traceparent`; a later version may add more behind another `-`. */
const form = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const nothing = /^0+$/;

/**
 * Does `work` as part of the trace in a `traceparent` header. Without one, or with one that breaks the rules, it is part of no
 * trace. Everything that the work awaits belongs to it.
 * @see https://www.w3.org/TR/trace-context/#traceparent-header
 */
export function inTrace<T>(traceparent: string | undefined, work: () => T): T {
  const trace = traceIn(traceparent);
  return trace === undefined ? work() : traces.run(trace, work);
}

function traceIn(traceparent = ''): Trace | undefined {
  const [, version, traceId = '', parentId = '', flags = '', more] = form.exec(traceparent) ?? [];
  if (version === undefined || version === 'ff') return undefined;
  if (version === '00' && more !== undefined) return undefined;
  if (nothing.test(traceId) || nothing.test(parentId)) return undefined;
  const isSampled = (Number.parseInt(flags, 16) & 1) === 1;
  return { traceId, parentId, spanId: newSpanId(), isSampled };
}

function newSpanId(): string {
  const spanId = randomBytes(8).toString('hex');
  return nothing.test(spanId) ? newSpanId() : spanId;
}

/** What a log line says of the trace that is under way; nothing without one. */
export function traceFields(): TraceFields {
  const trace = traces.getStore();
  return trace === undefined
    ? {}
    : { trace_id: trace.traceId, span_id: trace.spanId, parent_id: trace.parentId };
}

/**
 * The `traceparent` of a request to a provider: the caller's trace with calloff's own span as parent; `undefined` without a
 * trace. Of the flags only `sampled` is passed on, and no `tracestate`, which may hold a stranger's text.
 */
export function outgoingTraceparent(): string | undefined {
  const trace = traces.getStore();
  return trace && `00-${trace.traceId}-${trace.spanId}-${trace.isSampled ? '01' : '00'}`;
}
