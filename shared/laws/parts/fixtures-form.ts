import * as z from 'zod';
import { requestKinds } from '../../adapter/adapter.ts';
import { adapterFor, type Provider } from '../../adapter/provider.ts';
import { faultsOfForm, unknownMember } from '../../contract/form-faults.ts';
import { states } from '../../contract/outcome.ts';
import { type Fault, invalid, ok, type Result } from '../../contract/result.ts';
import { isObject } from '../../lib/json.ts';
import { type ProviderFixtures, type Scenario, scenarios } from '../fixtures.ts';

const text = z.string('must be a text').min(1, 'must not be empty');
const texts = z.array(text, 'must be a list of texts');
const headers = z.record(z.string(), z.string(), 'must be an object').optional();
const request = z.strictObject(
  { method: text, path: text, query: text.optional(), body: z.unknown().optional(), headers },
  'must have method and path',
);
const response = z.strictObject(
  { status: z.number('must be a number'), body: z.unknown().optional(), headers },
  'must have a status',
);
const exchange = z
  .strictObject(
    {
      operation: z.enum(requestKinds, `must be one of ${requestKinds.join(', ')}`),
      request,
      response,
      reading: z.object({ kind: text }, 'must have a kind'),
      source: z.union(
        [z.object({ documented: text }), z.object({ assumed: text })],
        'must be documented(url) or assumed(why)',
      ),
      jobIds: texts.optional(),
      options: z.unknown().optional(),
      query: z.unknown().optional(),
      cursor: text.optional(),
    },
    'must be an exchange',
  )
  .refine(({ operation, jobIds }) => !operation.endsWith('Many') || jobIds !== undefined, {
    path: ['jobIds'],
    message: 'is missing: the jobs that the request names',
  });
const scene = z.union(
  [z.array(exchange), z.object({ notApplicable: text })],
  'must be a list of exchanges, or { notApplicable: why }',
);

const fixturesForm = z.strictObject(
  {
    jobId: text,
    otherJobId: text,
    idForms: texts.optional(),
    words: z.record(z.string(), z.enum(states, `must be one of ${states.join(', ')}`), 'must be an object'),
    listKeys: texts,
    lookBody: z.custom((value) => typeof value === 'function', 'must be a function'),
    options: z.record(z.string(), z.string()).optional(),
    flags: texts.optional(),
    reopens: z.strictObject({ documented: text }, 'must be documented(url)').optional(),
    ownMissingBody: z.strictObject({ body: z.unknown(), unknownPath: text }).optional(),
    scenarios: z.record(z.string(), z.unknown(), 'must be an object'),
  } satisfies { readonly [member in keyof ProviderFixtures]-?: z.ZodType },
  'must be an object',
);

const scenesForm = z.object({ scenarios: z.record(z.string(), z.unknown()) });

/** Faults in the form of fixtures. Each has its place, and the end of a sentence that begins with that place. */
function formFaults(fixtures: unknown): readonly Fault[] {
  const issues = fixturesForm.safeParse(fixtures, { reportInput: true }).error?.issues ?? [];
  const scenes = scenesForm.safeParse(fixtures).data?.scenarios ?? {};
  const unknown = Object.keys(scenes).filter((name) => !scenarios.some((each) => each === name));
  return [
    ...faultsOfForm(issues),
    ...unknown.map((name) => unknownMember(['scenarios', name])),
    ...scenarios.flatMap((name) => sceneFaults(name, scenes[name])),
  ];
}

/** The faults of one scenario. Those of its exchanges are told one by one. */
function sceneFaults(name: Scenario, value: unknown): Fault[] {
  const form = Array.isArray(value) ? z.array(exchange) : scene;
  return faultsOfForm(form.safeParse(value, { reportInput: true }).error?.issues ?? [], ['scenarios', name]);
}

function areFixtures(value: unknown): value is ProviderFixtures {
  return formFaults(value).length === 0;
}

/** Whether an export may be meant as fixtures. */
export function looksLikeFixtures(value: unknown): boolean {
  return isObject(value) && 'scenarios' in value;
}

/** The same, if the adapter of a provider with places can be had for their options. */
function withPlace(fixtures: ProviderFixtures, provider: Provider | undefined): Result<ProviderFixtures> {
  const { options = {} } = fixtures;
  const places = provider !== undefined && 'adapterAt' in provider ? provider.place : [];
  const missing = places.filter((name) => options[name] === undefined);
  if (missing.length > 0)
    return invalid('options', `must have ${missing.join(', ')}: the place of the jobs in the exchanges`);
  try {
    if (provider !== undefined) adapterFor(provider, options);
    return ok(fixtures);
  } catch (error) {
    return invalid(
      'options',
      `are a place for which adapterAt throws ${error instanceof Error ? error.name : 'something'}`,
    );
  }
}

/** The fixtures that a file exports for a provider, or what is wrong with their form. */
export function readFixtures(exported: unknown, provider: Provider | undefined): Result<ProviderFixtures> {
  if (exported === undefined)
    return invalid('', 'exports no fixtures: it must export one object with scenarios and more');
  return areFixtures(exported) ? withPlace(exported, provider) : { ok: false, faults: formFaults(exported) };
}
