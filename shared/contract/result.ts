import type { Cause } from './outcome.ts';

/**
 * A fault of a request: its place (`jobs[3].job_id`), its kind, and a sentence that says what would be right. `denied` and
 * `rate_limited` are about the caller, `confirmation` about the presented confirmation, `unavailable` about calloff.
 * `unknown_operation`: the caller has none with this id. `state`: the operation is not in a state in which this can be done.
 * `other_request`: the idempotency key belongs to another request. `lost`: a server was asked, and it is not known what it did.
 */
export interface Fault {
  readonly path: string;
  readonly kind:
    | 'invalid'
    | 'unknown_provider'
    | 'denied'
    | 'rate_limited'
    | 'confirmation'
    | 'unavailable'
    | 'unknown_operation'
    | 'state'
    | 'other_request'
    | 'lost';
  readonly message: string;
  readonly retryAfterSeconds?: number | undefined;
  /** What to do about it, if the message ends with that. */
  readonly step?: string | undefined;
  /** With `unavailable`, if it is known. */
  readonly cause?: Cause | undefined;
}

/** A value, or every fault that was found. The only form of an expected failure. */
export type Result<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly faults: readonly Fault[] };

/** A failure with one fault. */
export function faulty(fault: Fault): Result<never> {
  return { ok: false, faults: [fault] };
}

/** A request that cannot be carried out as it is written. */
export function invalid(path: string, message: string): Result<never> {
  return faulty({ path, kind: 'invalid', message });
}

/** Of a cursor that no answer has given. */
export function invalidCursor(): Result<never> {
  return invalid('cursor', 'must be the next_cursor of an earlier answer');
}

/** A value that was found to be right. */
export function ok<T>(value: T): Result<T> {
  return { ok: true, value };
}

/** What is wrong with a value, as the end of a sentence that begins with the name of its place. */
export function faultText(faults: readonly Fault[]): string {
  return faults.map(({ path, message }) => (path === '' ? message : `${path} ${message}`)).join('; ');
}
