import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { fixtures } from '../fixtures/index.ts';
import { readOpenApi } from '../support/openapi/document.ts';

/** Where a document has the words for the states of a job, and those that tell of none by themselves. */
const places = [
  ['anthropic', 'MessageBatch.properties.processing_status', ['ended']],
  ['aws-batch', 'Status', []],
  ['databricks', 'BaseRun.properties.status.properties.state', ['TERMINATED']],
  ['databricks', 'TerminationCode', []],
  ['gemini', 'GenerateContentBatch.properties.state', ['BATCH_STATE_UNSPECIFIED']],
  ['ibm-quantum', 'JobResponse.properties.state.properties.status', []],
  ['ibm-quantum', 'JobResponse.properties.status', []],
  ['openai-batch', 'Batch.properties.status', []],
  ['openai-fine-tuning', 'Job.properties.status', []],
  ['replicate', 'Prediction.properties.status', []],
] as const;

/** What stands at a place, such as `Job.properties.status`. */
function at(schemas: unknown, place: string): unknown {
  return place
    .split('.')
    .reduce((value: unknown, key) => z.record(z.string(), z.unknown()).parse(value)[key], schemas);
}

const wordsSchema = z.looseObject({ enum: z.array(z.string()) });

describe('every word for a state that the document of a provider has', () => {
  it.each(places)('is known at %s: %s', (provider, place, others) => {
    const { enum: words } = wordsSchema.parse(at(readOpenApi(provider).schemas, place));
    const known = new Set<string>([...Object.keys(fixtures[provider].words), ...others]);
    expect(words.filter((word) => !known.has(word))).toEqual([]);
  });

  it('is known at github-actions, as its list filters by them', () => {
    const [list] = readOpenApi('github-actions').operations;
    const filter = list?.parameters.find(({ name }) => name === 'status');
    const { enum: words } = wordsSchema.parse(filter?.schema);
    const known = new Set<string>([...Object.keys(fixtures['github-actions'].words), 'completed']);
    expect(words.filter((word) => !known.has(word))).toEqual([]);
  });
});
