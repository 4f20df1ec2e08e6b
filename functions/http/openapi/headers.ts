/** The headers of problems, by their HTTP statuses. */
export const headersOfProblems: Readonly<Record<number, readonly string[]>> = {
  401: ['WWW-Authenticate'],
  429: ['Retry-After'],
  503: ['Retry-After'],
};

/** The headers of answers. None but `ETag` and `Location` is in each answer that names it. */
export const headers = {
  ETag: { description: 'Send it as If-None-Match to learn of a change', schema: { type: 'string' } },
  Location: { description: 'The path of the operation', schema: { type: 'string' } },
  'Retry-After': { description: 'Seconds until the same request may succeed', schema: { type: 'integer' } },
  'WWW-Authenticate': { description: 'Bearer, with a realm', schema: { type: 'string' } },
};

/** References to headers by their names. */
export function headersOf(...names: readonly string[]): object {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}
