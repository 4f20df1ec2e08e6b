import { createInterface } from 'node:readline';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { anyCharacter } from '../../shared/laws/parts/any-character.ts';
import { bareEnvironment, finish, start } from '../support/process/run.ts';
import { casesAt, runs } from '../support/thorough.ts';
import { hostileRequest } from './hostile-messages.ts';

const line = (message: object) => JSON.stringify({ jsonrpc: '2.0', ...message });
const initialize = line({
  id: 'first',
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
});
const initialized = line({ method: 'notifications/initialized' });
const ping = (id: number) => line({ id, method: 'ping' });

const answerSchema = z.object({
  jsonrpc: z.literal('2.0'),
  id: z.union([z.string(), z.number(), z.null()]),
  error: z.object({ code: z.number(), message: z.string() }).optional(),
});

/** `calloff mcp`, spoken to in bytes; every line that it writes must be an answer. */
function serve() {
  const child = start('cli/main.ts', ['mcp'], bareEnvironment());
  const answers: z.infer<typeof answerSchema>[] = [];
  createInterface({ input: child.stdout }).on('line', (text) =>
    answers.push(answerSchema.parse(JSON.parse(text))),
  );
  const until = (id: string | number) =>
    expect.poll(() => answers.some((answer) => answer.id === id), { timeout: 20_000 }).toBe(true);
  return { child, answers, until, ended: finish(child) };
}

const errorsIn = (answers: readonly z.infer<typeof answerSchema>[]) =>
  answers.flatMap(({ id, error }) => (error === undefined ? [] : [[id, error.code]]));

describe('calloff mcp', () => {
  let shared: ReturnType<typeof serve>;
  beforeAll(() => {
    shared = serve();
  });

  it.each(
    casesAt(
      [
        ['what is no JSON', '{"jsonrpc": ', [null, -32700]],
        ['what is no text', '\u0000\u0001', [null, -32700]],
        ['a batch', `[${ping(7)},${ping(8)}]`, [null, -32600]],
        ['an empty batch', '[]', [null, -32600]],
        ['a number', '7', [null, -32600]],
        ['an object that is no message', '{}', [null, -32600]],
        ['a request of another version', '{"jsonrpc":"1.0","id":5,"method":"ping"}', [5, -32600]],
        ['a request without a method', '{"jsonrpc":"2.0","id":"five"}', ['five', -32600]],
        ['a request whose method is none', '{"jsonrpc":"2.0","id":5,"method":{}}', [5, -32600]],
        [
          'a request without an id that can be',
          '{"jsonrpc":"2.0","id":null,"method":"ping"}',
          [null, -32600],
        ],
        [
          'a request whose params are none',
          '{"jsonrpc":"2.0","id":5,"method":"ping","params":7}',
          [5, -32600],
        ],
        ['a method that is not there', line({ id: 5, method: 'jobs/cancel' }), [5, -32601]],
        [
          'a message of 12 MB',
          line({ id: 5, method: 'ping', params: { x: 'x'.repeat(12_000_000) } }),
          [5, -32600],
        ],
      ],
      0,
      2,
      11,
      12,
    ),
  )('answers %s, and goes on', async (_what, said, answer) => {
    const { child, answers, until } = shared;
    answers.splice(0);
    child.stdin.write(`${said}\n${ping(99)}\n`);
    await until(99);
    expect(errorsIn(answers)).toEqual([answer]);
  });

  it('does not answer a response that it cannot read, nor a blank line', async () => {
    const { child, answers, until } = shared;
    answers.splice(0);
    const told = line({ id: null, error: { code: -32700, message: 'what it says itself' } });
    child.stdin.write(`\n\r\n  \n${told}\n{"id":1,"result":{}}\n{"error":7}\n\ufeff${ping(3)}\r\n`);
    await until(3);
    expect(answers.map(({ id }) => id)).toEqual([3]);
  });

  it('answers each of any lines once', async () => {
    const { child, answers, until } = shared;
    answers.splice(0);
    const odd = fc.oneof(
      fc.string({ unit: anyCharacter }).map((text) => text.replaceAll('\n', '')),
      fc.json().map((text) => text.replaceAll('\n', '')),
    );
    const lines = fc
      .sample(odd, runs(300, 100))
      .filter((text) => text.trim() !== '' && !/"(result|error|method)"/.test(text));
    child.stdin.write(`${lines.join('\n')}\n${ping(1)}\n`);
    await until(1);
    expect(answers).toHaveLength(lines.length + 1);
    expect(new Set(errorsIn(answers).map(([, code]) => code))).toEqual(new Set([-32700, -32600]));
  });

  it('answers each request with hostile keys with its own id, and once', async () => {
    const { child, answers, until } = shared;
    answers.splice(0);
    const requests = fc.sample(hostileRequest, runs(300, 60)).map(({ id, text }, index) => ({
      text: text.replace(`"id" : ${JSON.stringify(id)}`, `"id" : ${1_000 + index}`),
    }));
    child.stdin.write(`${requests.map(({ text }) => text).join('\n')}\n${ping(1)}\n`);
    await until(1);
    const expected = requests.map((_request, index) => 1_000 + index);
    await expect
      .poll(() => answers.map(({ id }) => Number(id)).toSorted((one, other) => one - other))
      .toEqual([1, ...expected]);
  });

  it('says at once that a message is too long, before it ends, and takes the next one', async () => {
    const { child, answers, until } = shared;
    answers.splice(0);
    child.stdin.write(`"${'x'.repeat(11_000_000)}`);
    await expect.poll(() => errorsIn(answers), { timeout: 20_000 }).toEqual([[null, -32600]]);
    child.stdin.write(`${'x'.repeat(5_000_000)}"\n${ping(2)}\n`);
    await until(2);
    expect(errorsIn(answers)).toHaveLength(1);
  });

  it('does not wait for a call that was taken back, and ends with 0 after all that', async () => {
    const { child, answers, until, ended } = shared;
    answers.splice(0);
    const params = { name: 'list_jobs', arguments: {} };
    const taken = line({ method: 'notifications/cancelled', params: { requestId: 2 } });
    child.stdin.write(
      `${[initialize, initialized, line({ id: 2, method: 'tools/call', params }), taken].join('\n')}\n`,
    );
    child.stdin.write(`${ping(3)}\n`);
    await until(3);
    child.stdin.end();
    const { code, stderr } = await ended;
    expect(code).toBe(0);
    // The message of 12 MB, and the one that was said to be too long before it ended.
    expect(stderr.match(/"event":"message_unreadable","error":"too-long"/g)).toHaveLength(2);
    expect(answers.map(({ id }) => id)).not.toContain(2);
  });

  it('whose input ends at once has answered everything by then, also the last line without an end', async () => {
    const { child, answers, ended } = serve();
    const call = { name: 'cancel_job', arguments: { provider: 'sutro', job_id: 'x' } };
    const lines = [
      ...[initialize, initialized, line({ id: 2, method: 'tools/list' })],
      ...[
        line({ id: 3, method: 'tools/call', params: call }),
        'no JSON',
        line({ id: 4, method: 'tools/list' }),
      ],
    ];
    child.stdin.end(lines.join('\n'));
    const { code, stdout } = await ended;
    expect(code).toBe(0);
    // It starts without a key, and says which variable is missing.
    expect(stdout).toContain('SUTRO_API_KEY');
    const ids = new Set(answers.map(({ id }) => id));
    expect(ids).toEqual(new Set(['first', 2, 3, 4, null]));
  });
});
