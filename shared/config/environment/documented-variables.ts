import { documentedBaseUrls } from '../../adapter/options.ts';
import { baseUrlVariable, type ProviderFacts } from '../../adapter/provider-facts.ts';
import { providerFacts } from '../../providers/facts.ts';
import type { DocumentedVariable } from '../environment-reader.ts';

/** The variables of all providers' connections, as the documentation has them: each once, also if two providers share it. */
export const connectionVariables: readonly DocumentedVariable[] = [
  ...new Map(
    Object.values(providerFacts)
      .flatMap(documentedOf)
      .map((variable): [string, DocumentedVariable] => [variable.name, variable]),
  ).values(),
];

function documentedOf(facts: ProviderFacts): DocumentedVariable[] {
  const { id, displayName, key, deployment, options = [] } = facts;
  const baseUrls = documentedBaseUrls(facts).map((url) => `\`${url}\``);
  return [
    { name: key.variable, meaning: `the key of ${namesOf(key.variable)}` },
    {
      name: baseUrlVariable(id),
      meaning: `the whole base URL of ${displayName}, path included`,
      defaultInWords: baseUrls.length === 0 ? `from \`${deployment?.variable}\`` : baseUrls.join(' or '),
    },
    ...(deployment ? [{ name: deployment.variable, meaning: deployment.meaning }] : []),
    ...options.map(({ variable, meaning, default: otherwise }) => ({
      ...{ name: variable, meaning, defaultInWords: otherwise ?? `none: ${displayName} needs it` },
    })),
  ];
}

/** The names of the providers whose key is in this variable. */
function namesOf(keyVariable: string): string {
  const facts = Object.values(providerFacts).filter(({ key }) => key.variable === keyVariable);
  return facts.map(({ displayName }) => displayName).join(' and ');
}
