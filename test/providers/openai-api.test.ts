import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import type { JobSnapshot } from '../../shared/adapter/adapter.ts';
import { accountHeaders, openaiFacts, pageQuery, readOpenaiPage } from '../../shared/adapter/openai-api.ts';
import { optionSchema } from '../../shared/adapter/options.ts';

function readJob(entry: unknown): JobSnapshot | undefined {
  const { data } = z.object({ id: z.string() }).safeParse(entry);
  return data && { jobId: data.id, state: 'running', providerStatus: null };
}

/** What is read of a page: the ids of its jobs, how many entries were not read, and what comes next; else the code. */
function pageOf(body: unknown, status = 200) {
  const page = readOpenaiPage({ status, body }, readJob);
  if (page.kind !== 'page') return page.code;
  return [page.jobs.map(({ jobId }) => jobId).join(' '), page.unread, page.next];
}

describe('a page of OpenAI', () => {
  const data = [{ id: 'a' }, { id: 'b' }, { id: 'ccc' }];

  test.each([
    ['the last', { data, has_more: false, last_id: 'ccc' }, ['a b ccc', 0, null]],
    ['one with a next', { data, has_more: true }, ['a b ccc', 0, 'ccc']],
    ['one with another last id', { data, has_more: true, last_id: 'x' }, ['a b ccc', 0, 'ccc']],
    [
      'one whose last entry has no id',
      { data: [...data, {}], has_more: true, last_id: 'x' },
      ['a b ccc', 1, 'x'],
    ],
    ['one whose last id is empty', { data: [{ id: '' }], has_more: true, last_id: 'x' }, ['', 0, 'x']],
    ['none', { data: [], has_more: false }, ['', 0, null]],
    ['null', { data: null, has_more: false, error: null }, ['', 0, null]],
    ['more, and not where', { data: [], has_more: true }, 'unexpected_response'],
    ['an error beside it', { data, has_more: false, error: { message: 'no' } }, 'unexpected_response'],
    ['no word on more', { data }, 'unexpected_response'],
    ['no list', { has_more: false }, 'unexpected_response'],
  ])('is %s', (_, body, expected) => {
    expect(pageOf(body)).toEqual(expected);
  });

  test('is none with another status', () => {
    expect(pageOf({ data, has_more: false }, 500)).toBe('provider_unavailable');
  });

  test('is asked for after the last one', () => {
    expect(pageQuery(20, null)).toEqual([['limit', '20']]);
    expect(pageQuery(5, 'ccc')).toEqual([
      ['limit', '5'],
      ['after', 'ccc'],
    ]);
  });
});

describe('an account of OpenAI', () => {
  test.each([
    [{}, {}],
    [{ organization: 'org-1' }, { headers: { 'openai-organization': 'org-1' } }],
    [{ project: 'proj_1' }, { headers: { 'openai-project': 'proj_1' } }],
    [
      { organization: 'org-1', project: 'proj_1' },
      { headers: { 'openai-organization': 'org-1', 'openai-project': 'proj_1' } },
    ],
  ])('with the options %j is named in %j', (options, headers) => {
    expect(accountHeaders(options)).toEqual(headers);
  });

  test('has options that are an id, and variables as the clients of OpenAI have', () => {
    const good = ['org-abc_123', 'a', 'x'.repeat(100)];
    const bad = ['', 'a b', '/a', 'a/', 'x'.repeat(101)];
    for (const option of openaiFacts.options) {
      const taken = [...good, ...bad].filter((value) => optionSchema(option).safeParse(value).success);
      expect(taken).toEqual(good);
    }
    expect(openaiFacts.options.map(({ name, variable }) => `${name} ${variable}`)).toEqual([
      'organization OPENAI_ORG_ID',
      'project OPENAI_PROJECT_ID',
    ]);
  });

  test('has an option that is the one of the key if it is not set', () => {
    expect(openaiFacts.options.map((option) => option.default)).toEqual([
      'that of the key',
      'that of the key',
    ]);
  });
});
