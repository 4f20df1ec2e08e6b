import * as z from 'zod';
import { type JobList, type ProviderAdapter, requestKinds } from '../../adapter/adapter.ts';
import { commonDetails } from '../../adapter/common-details.ts';
import { factsOf } from '../../adapter/known-providers.ts';
import { faultsOfForm } from '../../contract/form-faults.ts';
import type { Fault } from '../../contract/result.ts';
import { isObject } from '../../lib/json.ts';
import { ownProviderId } from '../file/adapters-schema.ts';

const text = z.string('must be a text').min(1, 'must not be empty');
const fn = z.custom((value) => typeof value === 'function', 'must be a function');
const schema = z.custom(
  (value) => isObject(value) && 'safeParse' in value,
  'must be a schema of zod: calloff/adapter exports z, and readers of ids',
);
const number = z.number('must be a number');
const headerName = text.regex(/^[a-z][a-z0-9-]*$/);
const yes = z.literal(true, 'must be true, or left out').optional();
const page = z.strictObject({ title: text, url: text }, 'must have a title and a url');
const many = z.strictObject({ maxIds: number, request: fn, read: fn }, 'must have maxIds, request and read');
const texts = z.array(text, 'must be a list of texts');
const option = z.strictObject({
  name: z
    .string('must be a text')
    .regex(/^[a-z][a-z0-9_]{0,39}$/, 'must be small letters, digits and _, and begin with a letter'),
  variable: text.optional(),
  meaning: text,
  fault: text,
  values: z.union([texts.min(1), z.instanceof(RegExp)], 'must be a list of texts, or a pattern'),
  default: text.optional(),
});

const placed = z.strictObject(
  { option: text, values: z.instanceof(RegExp, { error: 'must be a pattern' }), baseUrl: text },
  'must have option, values and baseUrl',
);

const limit = z.strictObject(
  {
    operations: z.array(z.enum(requestKinds, `must be one of ${requestKinds.join(', ')}`)),
    limit: z.strictObject({ count: number, windowMs: number }, 'must have count and windowMs').optional(),
    atOnce: number.optional(),
    resetIsBinding: yes,
  },
  'must have operations',
);
const listMembers = {
  pageSize: number,
  unlistedStates: texts.optional(),
  hidesNames: yes,
  statuses: z.record(z.string(), texts, 'must be an object').optional(),
  hasGroups: yes,
  request: fn,
  read: fn,
} satisfies { readonly [member in keyof JobList]-?: z.ZodType };

/** What an adapter may have, as far as a look at it shows. The laws try how it behaves. */
const adapterMembers = {
  id: z
    .string('must be a text')
    .regex(ownProviderId, 'must be small letters, digits or -, begin with a letter, and have at most 40')
    .refine((id) => factsOf(id) === undefined, 'is the id of a provider that calloff has already'),
  displayName: text,
  documentation: texts,
  defaultBaseUrl: text.optional(),
  placedBaseUrls: z.array(placed, 'must be a list').optional(),
  key: z.strictObject(
    { title: text, variable: text, default: text.optional(), isJson: yes },
    'must have a title and a variable',
  ),
  deployment: z.unknown().optional(),
  onlyIfNamed: yes,
  options: z.array(option, 'must be a list').optional(),
  jobId: schema,
  details: z
    .custom<z.ZodObject>((value) => isObject(value) && 'shape' in value, 'must be a z.object')
    .superRefine(({ shape }, context) => {
      for (const key of Object.keys(shape).filter((each) => !(each in commonDetails.shape)))
        context.addIssue({
          code: 'custom',
          message: `has ${key}, which is none of commonDetails: pick from ${Object.keys(commonDetails.shape).join(', ')}`,
        });
    }),
  billing: z.strictObject(
    { always: z.boolean('must be true or false'), note: text },
    'must have always and note',
  ),
  auth: z.union(
    [
      z.strictObject({ kind: z.literal('header').optional(), header: headerName, prefix: z.string() }),
      z.object({ kind: z.literal('sigv4'), service: text, region: text }),
      z.object({ kind: z.literal('minted'), header: headerName, prefix: z.string(), url: text }),
    ],
    "must be as { kind: 'header', header: 'authorization', prefix: 'Bearer ' }",
  ),
  idHint: text.optional(),
  absentJobId: text.optional(),
  absence: z.enum(['never_was', 'may_be_over'], 'must be never_was or may_be_over').optional(),
  reopens: yes,
  limits: z.array(limit, 'must be a list, which may be empty'),
  mostBytes: number.optional(),
  turnedAway: fn.optional(),
  cancel: z.strictObject(
    { page, request: fn, read: fn, otherMethod: fn.optional() },
    'must have page, request and read',
  ),
  status: z.strictObject({ request: fn, read: fn }, 'must have request and read'),
  list: z.strictObject(listMembers, 'must have pageSize, request and read').optional(),
  listedBy: text.optional(),
  cancelMany: many.extend({ page }).optional(),
  statusMany: many.optional(),
} satisfies { readonly [member in keyof ProviderAdapter]-?: z.ZodType };
const adapterForm = z.strictObject(adapterMembers);

/** Faults in an adapter's form. Each has its place, and the end of a sentence that begins with that place. */
export function adapterFaults(adapter: unknown): readonly Fault[] {
  return faultsOfForm(adapterForm.safeParse(adapter, { reportInput: true }).error?.issues ?? []);
}
