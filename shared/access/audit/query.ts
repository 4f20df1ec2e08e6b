import * as z from 'zod';
import { latestTime, requestIdPattern } from '../../store/limits.ts';

/**
 * The filters, the times (milliseconds since the epoch) and the limit of a query. `place` is where the previous page
 * ended; `shows` says whether the jobs of a connection may be shown, by default always.
 */
export interface AuditQuery {
  readonly caller?: string | undefined;
  readonly connection?: string | undefined;
  readonly job?: string | undefined;
  readonly operation?: string | undefined;
  /** Whether allowed reads are among the entries, by default yes. */
  readonly reads?: boolean | undefined;
  readonly from: number;
  readonly to: number;
  readonly limit: number;
  readonly place?: AuditPlace | undefined;
  shows?(connection: string): boolean;
}

const positionSchema = z.lazy(() =>
  z.strictObject({
    at: z.int().min(0).max(latestTime),
    requestId: z.string().regex(requestIdPattern),
  }),
);

/** The position in the log to continue after, and how many entries of the next request were already returned. */
export const auditPlaceSchema = z.lazy(() => z.tuple([positionSchema.nullable(), z.int().min(0)]));
export type AuditPlace = z.infer<typeof auditPlaceSchema>;
