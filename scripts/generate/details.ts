import * as z from 'zod';
import { commonDetails } from '../../shared/adapter/common-details.ts';
import type { Provider } from './providers.ts';

/** A detail as an adapter declares it. */
const propertySchema = z.union([
  z.strictObject({ type: z.enum(['number', 'boolean']), description: z.string() }),
  z.strictObject({ type: z.literal('string'), enum: z.array(z.string()), description: z.string() }),
  z.object({ type: z.literal('string'), format: z.literal('date-time'), description: z.string() }),
]);
type Property = z.infer<typeof propertySchema>;

interface Declared {
  readonly displayName: string;
  readonly property: Property;
}

/** What the engine takes from the snapshot of a job, whatever its provider. */
const times = [
  "created_at: z.string().optional().describe('When it was created, RFC 3339'),",
  "started_at: z.string().optional().describe('When it began to run, RFC 3339'),",
];

/** What an adapter of one's own may tell: those that mean the same for all, also if no provider of the tree tells them. */
const ofAnyProvider = { displayName: '', details: commonDetails };

function declaredBy({
  details,
  displayName,
}: Pick<Provider['adapter'], 'details' | 'displayName'>): (readonly [string, Declared])[] {
  const { properties = {}, required = [] } = z.toJSONSchema(details);
  const [demanded] = required;
  if (demanded !== undefined) throw new Error(`the detail ${demanded} of ${displayName} must be optional`);
  return Object.entries(properties).map(([name, schema]) => {
    const { data: property } = propertySchema.safeParse(schema);
    if (property === undefined)
      throw new Error(
        `the detail ${name} of ${displayName} must be a number, a boolean, a z.enum or z.iso.datetime(), with a description`,
      );
    return [name, { displayName, property }] as const;
  });
}

function schemaOf(name: string, properties: readonly Property[]): string {
  const values = [...new Set(properties.flatMap((property) => ('enum' in property ? property.enum : [])))];
  const kinds = new Set(
    properties.map((property) =>
      'enum' in property ? 'enum' : 'format' in property ? 'string' : property.type,
    ),
  );
  const [kind, other] = kinds;
  if (other !== undefined)
    throw new Error(`the detail ${name} is ${kind} at one provider and ${other} at another`);
  return kind === 'enum' ? `z.enum(${JSON.stringify(values)})` : `z.${kind}()`;
}

/** What it means: said once where all who have it mean the same, and for each provider where it is its own. */
function meaningOf(declared: readonly Declared[]): string {
  const meanings = new Set(declared.map(({ property }) => property.description));
  const [only = ''] = meanings;
  const isForAll = declared.some(({ displayName }) => displayName === '');
  if ((declared.length > 1 || isForAll) && meanings.size === 1) return only;
  const named = declared.filter(({ displayName }) => displayName !== '');
  return named.map(({ displayName, property }) => `${displayName}: ${property.description}`).join('; ');
}

/** The closed list of details of all providers. */
export function detailsSource(providers: readonly Provider[]): string {
  const byName = Map.groupBy(
    [...providers.map(({ adapter }) => adapter), ofAnyProvider].flatMap(declaredBy),
    ([name]) => name,
  );
  const lines = [...byName].map(([name, entries]) => {
    const declared = entries.map(([, each]) => each);
    const schema = schemaOf(
      name,
      declared.map(({ property }) => property),
    );
    return `${name}: ${schema}.optional().describe(${JSON.stringify(meaningOf(declared))}),`;
  });
  return `import * as z from 'zod';

/**
 * What a provider reports besides the state: numbers, booleans, members of closed lists and times, never free text.
 * Units are in the names; the provider's page says more.
 */
export const detailsSchema = z.lazy(() => z.strictObject({
${[...lines, ...times].join('\n')}
}));
export type Details = z.infer<typeof detailsSchema>;
`;
}
