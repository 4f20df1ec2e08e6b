import { describe, expect, it } from 'vitest';
import { isListUnused, unusedKeys } from '../../shared/config/environment/unused.ts';
import { readSettings } from '../../shared/config/settings.ts';
import { providerFacts } from '../../shared/providers/facts.ts';

const keys = Object.fromEntries(
  Object.values(providerFacts).map(({ key }) => [key.variable, `of-${key.variable}`]),
);
const unused = (environment: Readonly<Record<string, string>>) =>
  unusedKeys(readSettings(environment).connections, environment);

describe('a key in the environment', () => {
  it('is left alone if no connection is at its provider, and named once for all of its providers', () => {
    expect(unused({ OPENAI_API_KEY: 'sk-1', IONQ_API_KEY: 'key' })).toEqual([
      { variable: 'OPENAI_API_KEY', providers: ['openai-batch', 'openai-fine-tuning'] },
    ]);
    expect(unused(keys).map(({ variable }) => variable)).toEqual([
      ...['ANTHROPIC_API_KEY', 'AWS_BATCH_ACCESS_KEY', 'DATABRICKS_TOKEN', 'GEMINI_API_KEY', 'GITHUB_TOKEN'],
      ...['HF_TOKEN', 'QISKIT_IBM_TOKEN', 'OPENAI_API_KEY', 'REPLICATE_API_TOKEN'],
    ]);
    expect(unused({ ...keys, CALLOFF_CONNECTIONS: 'sutro' })).toHaveLength(12);
  });

  it.each(['', ' ', '\u0024{user_config.openai}'])('is not set as %j', (OPENAI_API_KEY) => {
    expect(unused({ OPENAI_API_KEY })).toEqual([]);
  });

  it('is used if one of its providers is named, or if a connection at another has it', () => {
    expect(unused({ OPENAI_API_KEY: 'sk-1', CALLOFF_CONNECTIONS: 'openai-fine-tuning' })).toEqual([]);
    const own = { provider: 'forge', apiKey: 'sk-1' };
    expect(unusedKeys([own], { OPENAI_API_KEY: ' sk-1', HF_TOKEN: 'hf' })).toEqual([
      { variable: 'HF_TOKEN', providers: ['hugging-face'] },
    ]);
  });
});

describe('CALLOFF_CONNECTIONS', () => {
  it('is set in vain if a file names the connections', () => {
    const environment = { CALLOFF_CONNECTIONS: 'gemini' };
    expect(isListUnused([{ fromFile: true }], environment)).toBe(true);
    expect(isListUnused([{}], environment)).toBe(false);
    expect(isListUnused([{ fromFile: true }], {})).toBe(false);
  });
});
