import { describe, expect, test } from 'vitest';
import { send } from '../../shared/http/send-request.ts';
import { path } from '../../shared/http/url-path.ts';
import { scriptedLists, sutroJob } from '../support/truth/scripted-lists.ts';

/** What is read of a body of so many bytes. */
async function readOf(bytes: number, mostBytes?: number): Promise<unknown> {
  const body = `[${'"'.padEnd(bytes - 3, 'a')}"]`;
  const fetch: typeof globalThis.fetch = async () => new Response(body);
  const sent = await send(
    { method: 'GET', path: path`/jobs` },
    {
      ...{ fetch, mostBytes, baseUrl: 'https://api.example.com', timeoutMs: 5_000, now: 0 },
      authorization: ['x-api-key', 'key'],
    },
  );
  return sent.kind === 'response' ? sent.response.body : sent;
}

describe('a body', () => {
  test.each([
    [1_000_000, undefined, true],
    [1_000_001, undefined, false],
    [4_000_000, 4_000_000, true],
    [4_000_001, 4_000_000, false],
    [4_000_001, 16_000_000, false],
    [600, 500, false],
  ])('of %i bytes with a limit of %s: read %s', async (bytes, mostBytes, isRead) => {
    const body = await readOf(bytes, mostBytes);
    if (isRead) expect(body).toMatchObject({ length: 1 });
    else expect(body).toBeUndefined();
  });
});

test('a list whose page is too long is no empty list: the answer is partial, and says so', async () => {
  const jobs = Array.from({ length: 20 }, (_, index) =>
    sutroJob(`job-${index}`, { name: 'x'.repeat(60_000) }),
  );
  const { find } = scriptedLists([
    { provider: 'sutro', list: () => ({ jobs, next_cursor: null, has_more: false }) },
    { provider: 'ionworks', list: () => ({ jobs: [], total: 0 }) },
  ]);
  const found = await find();
  expect(found).toMatchObject({ jobs: [], partial: true });
  expect(found.unavailable).toMatchObject([
    {
      provider: 'sutro',
      code: 'unexpected_response',
      message: expect.stringMatching(/^The jobs at Sutro could not all be listed: /),
    },
  ]);
});
