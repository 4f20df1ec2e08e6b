import * as z from 'zod';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** A job id that is a UUID, whatever its version. Canonical in lower case. */
export const uuidJobId = z
  .string()
  .regex(uuid, 'must be a UUID, such as 617a1f8b-59d4-435d-aa33-695433d7155e')
  .toLowerCase();

/** A job id of no promised form: one safe path segment, up to 200 characters, case preserved. */
export const opaqueJobId = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._~:-]{0,199}$/,
    'must be 1 to 200 letters, digits or any of . _ ~ : - and begin with a letter or digit',
  );

/** A job id of letters, digits, `-` and `_`, up to 200 characters, case preserved. */
export const wordJobId = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9_-]{0,199}$/,
    'must be 1 to 200 letters, digits or any of _ - and begin with a letter or digit',
  );

/**
 * A job id that people also write with what the provider puts before it, such as the `batches/` of a resource name or the
 * first parts of an ARN. Canonical without that.
 */
export function prefixedJobId(prefix: RegExp, bare: z.ZodType<string, string>): z.ZodType<string> {
  const atStart = new RegExp(`^(?:${prefix.source})`, prefix.flags);
  return z
    .string()
    .transform((id) => id.replace(atStart, ''))
    .pipe(bare);
}

/** As a job id of letters, digits, `-` and `_`, and the resource name of a batch, which has `batches/` before it. */
export const batchNameJobId = z.lazy(() => prefixedJobId(/batches\//, wordJobId));

/** As {@link opaqueJobId}, for providers whose ids are UUIDs by example: what looks like one is put in lower case. */
export const usuallyUuidJobId = z.lazy(() =>
  opaqueJobId.transform((id) => (uuid.test(id) ? id.toLowerCase() : id)),
);

/** A job id that is a whole number, which JSON can hold without loss. */
export const decimalJobId = z.lazy(() =>
  z
    .string()
    .regex(/^[1-9]\d{0,15}$/, { error: 'must be a whole number, such as 33857738939', abort: true })
    .refine((id) => Number.isSafeInteger(Number(id)), 'must be a number below 9007199254740992'),
);

/** Such an id where an answer has it: as a number, or as text. */
export const decimalJobIdField = z.lazy(() => z.union([z.int().positive().transform(String), decimalJobId]));

/** As {@link usuallyUuidJobId}, for one of the jobs of an array, too, which has its index behind a colon; and the ARN of either. */
export const batchArnJobId = z.lazy(() =>
  prefixedJobId(
    /arn:aws[a-z-]*:batch:[a-z\d-]+:\d{12}:job\//,
    opaqueJobId.transform((id) => (uuid.test(id.replace(/:\d+$/, '')) ? id.toLowerCase() : id)),
  ),
);
