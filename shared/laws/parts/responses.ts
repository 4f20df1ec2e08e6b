import type { RequestKind } from '../../adapter/adapter.ts';

/** Statuses that no page of a provider gives a meaning of its own. */
export const otherStatuses = [
  ...[0, 100, 101, 199, 201, 202, 203, 204, 205, 206, 207, 226, 299],
  ...[300, 301, 302, 303, 304, 307, 308, 399],
  ...[
    401, 402, 403, 406, 407, 408, 410, 411, 412, 414, 415, 418, 421, 422, 423, 425, 428, 429, 431, 451, 499,
  ],
  ...[500, 501, 502, 503, 504, 507, 511, 520, 522, 524, 530, 599, 600, 999],
];
/** Statuses by which a provider refuses a request because of what it holds. */
export const refusalStatuses = [400, 404, 405, 409, 413];

/** An empty body, an HTML page and half a reply all come as `undefined`; some servers say "nothing" in JSON. */
export const nothings = [undefined, null, '', {}, [], 'OK', true, 0];

/** Whether a status may say that a request about many jobs is refused as a whole. */
export function mayRefuse({ operation }: { readonly operation: RequestKind }, status: number): boolean {
  return operation.endsWith('Many') && [400, 404, 413].includes(status);
}
