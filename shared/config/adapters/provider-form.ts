import * as z from 'zod';
import type { ProviderAdapter } from '../../adapter/adapter.ts';
import { commonDetails } from '../../adapter/common-details.ts';
import { factsOf, type OwnProvider } from '../../adapter/known-providers.ts';
import { adapterFor, type PlacedProvider, type Provider } from '../../adapter/provider.ts';
import { faultsOfForm } from '../../contract/form-faults.ts';
import { type Fault, invalid, ok, type Result } from '../../contract/result.ts';
import { isObject } from '../../lib/json.ts';
import { ownProviderId } from '../file/adapters-schema.ts';
import { parseBaseUrl } from '../values.ts';

const text = z.string('must be a text').min(1, 'must not be empty');
const fn = z.custom((value) => typeof value === 'function', 'must be a function');
const schema = z.custom(
  (value) => isObject(value) && 'safeParse' in value,
  'must be a schema of zod: calloff/adapter exports z, and readers of ids',
);
const page = z.object({ title: text, url: text }, 'must have a title and a url');
const many = z.object({ page: page.optional(), maxIds: z.number('must be a number'), request: fn, read: fn });
const texts = z.array(text, 'must be a list of texts');
const option = z.object({
  name: z
    .string('must be a text')
    .regex(/^[a-z][a-z0-9_]{0,39}$/, 'must be small letters, digits and _, and begin with a letter'),
  meaning: text,
  fault: text,
  values: z.union([texts.min(1), z.instanceof(RegExp)], 'must be a list of texts, or a pattern'),
  default: text.optional(),
});

/** What calloff uses of an adapter, as far as a look at it shows. The laws try how it behaves. */
const adapterForm = z.object({
  id: z
    .string('must be a text')
    .regex(ownProviderId, 'must be small letters, digits or -, begin with a letter, and have at most 40')
    .refine((id) => factsOf(id) === undefined, 'is the id of a provider that calloff has already'),
  displayName: text,
  documentation: texts,
  defaultBaseUrl: text.optional(),
  key: z.object(
    { title: text, variable: text, default: text.optional() },
    'must have a title and a variable',
  ),
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
  billing: z.object({ always: z.boolean('must be true or false'), note: text }, 'must have always and note'),
  auth: z.union(
    [
      z.object({ kind: z.literal('header').optional(), header: text, prefix: z.string() }),
      z.object({ kind: z.literal('sigv4'), service: text, region: text }),
      z.object({ kind: z.literal('minted'), header: text, prefix: z.string(), url: text }),
    ],
    "must be as { kind: 'header', header: 'authorization', prefix: 'Bearer ' }",
  ),
  limits: z.array(z.object({ operations: z.array(z.string()) }), 'must be a list, which may be empty'),
  cancel: z.object({ page, request: fn, read: fn }, 'must have page, request and read'),
  status: z.object({ request: fn, read: fn }, 'must have request and read'),
  list: z.object({ pageSize: z.number('must be a number'), request: fn, read: fn }).optional(),
  cancelMany: many.extend({ page }).optional(),
  statusMany: many.optional(),
});

/** Faults of an adapter's form: of each where it is, and the end of a sentence that begins with that. */
function formFaults(adapter: unknown): readonly Fault[] {
  return faultsOfForm(adapterForm.safeParse(adapter, { reportInput: true }).error?.issues ?? []);
}

function isAdapter(value: unknown): value is ProviderAdapter {
  return formFaults(value).length === 0;
}

const placedForm = z.object({ place: texts.min(1), adapterAt: fn });

function isPlaced(value: unknown): value is PlacedProvider {
  return placedForm.safeParse(value).success;
}

/** Whether an export may be meant as a provider. */
export function looksLikeProvider(value: unknown): boolean {
  return isObject(value) && ('adapterAt' in value || ('cancel' in value && 'status' in value));
}

/** The provider that a file exports, or what is wrong with its form. */
export function readOwnProvider(exported: unknown): Result<OwnProvider> {
  if (isPlaced(exported)) return readPlaced(exported);
  if (isObject(exported) && 'adapterAt' in exported)
    return invalid('', 'must have place, a list of the names of options, and adapterAt, a function');
  return asOwn(exported, isAdapter(exported) ? exported : undefined);
}

/** The facts of a provider with places are the same at each: they are read at one whose parts are their own names. */
function readPlaced(provider: PlacedProvider): Result<OwnProvider> {
  const place = Object.fromEntries(provider.place.map((name) => [name, name]));
  try {
    const facts = adapterFor(provider, place);
    const undeclared = provider.place.filter((name) => !facts.options?.some((each) => each.name === name));
    if (undeclared.length > 0)
      return invalid('options', `must have ${undeclared.join(', ')}, because place has`);
    return asOwn(facts, provider);
  } catch (error) {
    return invalid('adapterAt', `throws ${error instanceof Error ? error.name : 'something'} for a place`);
  }
}

function asOwn(facts: unknown, provider: Provider | undefined): Result<OwnProvider> {
  if (!isAdapter(facts) || provider === undefined) return { ok: false, faults: [...formFaults(facts)] };
  const base = facts.defaultBaseUrl?.replaceAll(/\{\w+\}/g, 'place');
  const url = base === undefined ? undefined : parseBaseUrl(base);
  if (url?.ok === false) return invalid('defaultBaseUrl', url.faults[0]?.message ?? 'must be a URL');
  return ok({ facts, provider });
}
