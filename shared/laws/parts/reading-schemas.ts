import * as z from 'zod';
import { detailsSchema } from '../../contract/answers/details.ts';
import { states } from '../../contract/outcome.ts';

const failure = z.strictObject({
  kind: z.literal('failure'),
  code: z.enum(['credentials_rejected', 'rate_limited', 'provider_unavailable', 'unexpected_response']),
  mayHaveActed: z.boolean(),
  doubtful: z.literal(true).optional(),
});
const snapshot = z.strictObject({
  jobId: z.string().min(1),
  state: z.enum(states),
  providerStatus: z.string().nullable(),
  isOver: z.literal(true).optional(),
  name: z.string().optional(),
  unnamed: z.literal(true).optional(),
  owner: z.string().nullable().optional(),
  target: z.string().nullable().optional(),
  targetAlias: z.string().nullable().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  hasMoreLabels: z.literal(true).optional(),
  createdAt: z.string().optional(),
  startedAt: z.iso.datetime().optional(),
  cost: z.strictObject({ amount: z.number().min(0), currency: z.string().length(3) }).optional(),
  details: detailsSchema.optional(),
});
const jobs = z.array(snapshot);
const providerStatus = z.string().nullable();
const rejected = z.strictObject({ kind: z.literal('rejected') });
const refused = z.strictObject({ kind: z.literal('refused') });

/** Every shape a reading may have, by operation: nothing more, so that nothing else can travel in one. */
export const readingSchemas = {
  cancel: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('accepted'), providerStatus, details: detailsSchema.optional() }),
    rejected,
    z.strictObject({ kind: z.literal('other_method') }),
    failure,
  ]),
  status: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('seen'), job: snapshot }),
    z.strictObject({ kind: z.literal('not_found') }),
    failure,
  ]),
  list: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('page'),
      jobs,
      unread: z.number().int().min(0),
      next: z.string().nullable(),
      anchor: z.string().min(1).optional(),
      missing: z.number().int().min(1).optional(),
    }),
    failure,
  ]),
  cancelMany: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('accepted'),
      jobIds: z.array(z.string()),
      providerStatus,
      others: z
        .array(z.strictObject({ jobId: z.string(), reading: z.union([rejected, failure]) }))
        .optional(),
    }),
    refused,
    failure,
  ]),
  statusMany: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('page'), jobs, unread: z.number().int().min(0) }),
    refused,
    failure,
  ]),
} as const;
