import type { GatewayMethod } from '../../shared/gateway.ts';

/** The answer to a request that is carried out. */
export interface Success {
  /** Default: 200. */
  readonly status?: 200 | 201 | 202;
  readonly description: string;
}

/** A route of the HTTP API: `app.ts` serves it, `openapi.ts` documents it, and tests hold serverless.yml against it. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** As OpenAPI writes it: `/v1/jobs/{job_id}`. */
  readonly path: string;
  /** The method of the gateway that does the work, and the id in the OpenAPI document. */
  readonly operation: GatewayMethod;
  readonly summary: string;
  /** Where the request's data comes from, besides the path: a JSON body, a query, or neither. */
  readonly input: 'body' | 'query' | 'path';
  /** Whether the body is optional. */
  readonly bodyIsOptional?: true;
  readonly success?: Success;
  /** What the route does instead if the body has `background: true`. */
  readonly background?: { readonly operation: GatewayMethod; readonly success: Success };
  /** The field of the answer that holds what the method gives, if that is a list. */
  readonly field?: 'jobs';
  /** Whether the header `Idempotency-Key` counts. Always with `background`. */
  readonly isIdempotent?: true;
  /** Whether the answer has an `ETag`. With it in `If-None-Match`, an unchanged answer is a 304 without a body. */
  readonly hasEtag?: true;
  /** The HTTP statuses of problems that the route can answer with, besides those of every route: see openapi/responses.ts. */
  readonly problems: readonly number[];
}
