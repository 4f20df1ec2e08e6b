import type { OutcomeName } from '../../contract/outcome.ts';

/**
 * How a request to a provider ended, as a closed list: by its status, or `rejected` because of its key, `limited` because of its
 * pace, `lost` without a usable answer.
 */
export const requestClasses = ['2xx', '3xx', '4xx', '5xx', 'rejected', 'limited', 'lost'] as const;
export type RequestClass = (typeof requestClasses)[number];

/** A request to a provider that was sent. Token requests that come before it are not among them. */
export interface MeasuredRequest {
  /** The kind of request, from the closed list of its adapter. */
  readonly operation: string;
  readonly class: RequestClass;
  readonly seconds: number;
}

/**
 * What calloff counts and times: names of connections, words of closed lists and numbers. It holds no id, no path and no
 * text of a caller or a provider.
 */
export type Measurement =
  /** The outcome of a job in one call, or in one slice of an operation, as the audit records it. Dry runs are left out. */
  | {
      readonly is: 'cancel';
      readonly connection: string;
      readonly outcome: OutcomeName;
      /** One of the closed list of surfaces. */
      readonly surface: string;
    }
  /** A call that cancels, from its beginning to its answer. */
  | { readonly is: 'cancel_call'; readonly seconds: number }
  | ({ readonly is: 'provider_request'; readonly connection: string } & MeasuredRequest)
  /** Jobs that a later check saw alive again. */
  | { readonly is: 'came_back'; readonly jobs: number }
  | { readonly is: 'audit_write_failure' };

/** Takes one measurement. Never throws, and takes no longer than an addition. */
export type Meter = (measurement: Measurement) => void;
