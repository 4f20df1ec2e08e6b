import type * as z from 'zod';
import { ambiguousKeys, isObject, pathOf, withoutByteOrderMark } from '../../lib/json.ts';
import type { Configuration } from '../configuration.ts';
import { ConfigurationError } from '../configuration-error.ts';
import { assembleConfiguration } from './assemble.ts';
import { configurationSchema } from './schema.ts';
import { type ReadingTerms, surroundingsOf } from './validation-context.ts';

/**
 * Reads the text of a configuration.
 * @throws {ConfigurationError} naming every fault with its path, and never a value.
 */
export function readConfiguration(text: string, terms: ReadingTerms): Configuration {
  const document = parse(text);
  const result = configurationSchema(surroundingsOf(document, terms)).safeParse(document, { error: wording });
  const faults = [
    ...ambiguousKeys(text).map((path) => `${path} occurs twice, or is not allowed as a name`),
    ...(result.error?.issues ?? []).flatMap(faultsOf),
    ...(isObject(document) && 'connections' in document ? [] : terms.settings.connectionFaults),
  ];
  if (!result.success || faults.length > 0) throw new ConfigurationError(faults);
  return assembleConfiguration(result.data, terms.settings);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(withoutByteOrderMark(text));
  } catch (error) {
    // The rest of the message quotes the text, and so perhaps a key.
    const [place = ''] = /\(line \d+ column \d+\)/.exec(String(error)) ?? [];
    throw new ConfigurationError([`the configuration must be JSON ${place}`.trim()]);
  }
}

type Issue = Pick<z.core.$ZodIssue, 'path' | 'message'> & { readonly keys?: readonly string[] };

function faultsOf(issue: z.core.$ZodIssue): string[] {
  const { path, message }: Issue = issue;
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => `${pathOf([...path, key])} is not a known key`);
  const [inner] = issue.code === 'invalid_key' ? issue.issues : [];
  return [`${pathOf(path) || 'the configuration'} ${inner?.message ?? message}`];
}

/** The sentences for faults that the schema does not word itself. */
function wording(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'invalid_type')
    return issue.input === undefined
      ? 'is missing'
      : `must be ${nouns.get(issue.expected) ?? issue.expected}`;
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.join(', ')}`;
  return undefined;
}

const nouns = new Map([
  ['object', 'an object'],
  ['record', 'an object'],
  ['array', 'a list'],
  ['string', 'a text'],
  ['boolean', 'true or false'],
]);
