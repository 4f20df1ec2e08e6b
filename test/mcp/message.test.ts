import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineReader } from '../../mcp/line-reader.ts';
import { intentOf, readMessage } from '../../mcp/message.ts';
import { anyCharacter } from '../../shared/laws/parts/any-character.ts';
import { runs } from '../support/thorough.ts';
import { hostileRequest } from './hostile-messages.ts';

const most = 20;

function beginningOf(line: string): string {
  return Buffer.from(line).subarray(0, most).toString();
}

/** What a reader makes of bytes that come in chunks cut at these places. */
function readIn(bytes: Buffer, cuts: readonly number[]) {
  const reader = new LineReader(most);
  const ends = [
    ...cuts.map((cut) => cut % (bytes.length + 1)).sort((one, other) => one - other),
    bytes.length,
  ];
  const read = ends.flatMap((end, index) => [...reader.take(bytes.subarray(ends[index - 1] ?? 0, end))]);
  const rest = reader.rest();
  return [...read, ...(rest === undefined ? [] : [rest])];
}

describe('the lines of a stream', () => {
  const text = fc
    .array(fc.oneof(fc.string({ unit: anyCharacter }), fc.constantFrom('\n', '\r\n', 'x'.repeat(30), '漢')))
    .map((parts) => parts.join(''));

  it('are the same however the stream is cut, and one that is too long is told once and left out', () => {
    fc.assert(
      fc.property(text, fc.array(fc.nat()), (written, cuts) => {
        const bytes = Buffer.from(written);
        const expected = bytes
          .toString('utf8')
          .split('\n')
          .map((line) =>
            Buffer.byteLength(line) > most ? { kind: 'too-long', head: beginningOf(line) } : line,
          );
        expect(readIn(bytes, cuts)).toEqual(expected);
      }),
    );
  });

  it('cost what they hold, and no copy for each chunk', () => {
    const reader = new LineReader(100_000_000);
    const chunk = Buffer.alloc(1_000, 0x20);
    const before = process.threadCpuUsage();
    for (let count = 0; count < 50_000; count += 1) expect([...reader.take(chunk)]).toEqual([]);
    const { user, system } = process.threadCpuUsage(before);
    expect((user + system) / 1_000).toBeLessThan(5_000);
    expect(reader.rest()).toHaveLength(50_000_000);
  });
});

describe('a message', () => {
  const id = fc.oneof(fc.integer(), fc.string());
  // A key that is called __proto__ makes a message ambiguous instead.
  const plain = fc.jsonValue().filter((value) => !JSON.stringify(value).includes('"__proto__"'));

  it('is read with a byte order mark, a carriage return and blanks around it', () => {
    const message = { jsonrpc: '2.0', id: 1, method: 'ping' };
    for (const text of [`\ufeff${JSON.stringify(message)}`, ` ${JSON.stringify(message)}\r`])
      expect(readMessage(text)).toEqual({ message });
  });

  it('that is none is told by its kind, with its id if it was to be a request', () => {
    fc.assert(
      fc.property(id, plain, (given, value) => {
        const broken = JSON.stringify({ jsonrpc: '1.0', id: given, method: 'ping', params: value });
        expect(readMessage(broken)).toEqual({ fault: 'no-message', id: given, isResponse: false });
        for (const answer of ['result', 'error']) {
          const response = JSON.stringify({ jsonrpc: '1.0', id: given, [answer]: value });
          expect(readMessage(response)).toEqual({ fault: 'no-message', id: null, isResponse: true });
        }
        expect(readMessage(JSON.stringify([value]))).toMatchObject({ fault: 'batch', id: null });
      }),
    );
  });

  it('with hostile keys keeps the id of its request, in any order of its members', () => {
    const kinds = new Set<string>();
    fc.assert(
      fc.property(hostileRequest, ({ id: given, text }) => {
        const read = readMessage(text);
        kinds.add('fault' in read ? read.fault : 'message');
        if ('fault' in read) expect(read).toMatchObject({ id: given, isResponse: false });
        else expect(read.message).toMatchObject({ id: given });
      }),
      { numRuns: runs(5_000, 300) },
    );
    expect(kinds).toEqual(new Set(['ambiguous', 'too-much', 'message']));
  });

  it.each([
    ['has two different ids', '{"id":1,"method":"ping","__proto__":1,"id":2}', null],
    ['has the same id twice', '{"id":1,"method":"ping","\\u0069d":1}', 1],
    ['has an id that cannot be one', '{"id":{"id":1},"method":"ping","__proto__":1}', null],
    ['has an id in its arguments alone', '{"method":"ping","params":{"__proto__":1,"id":1}}', null],
    ['is in a list', '[{"id":1,"method":"ping","__proto__":1}]', null],
  ])('that is ambiguous and %s has the id that every reader sees', (_what, text, expected) => {
    expect(readMessage(text)).toMatchObject({ fault: 'ambiguous', id: expected, isResponse: false });
  });

  it('that is a response with hostile keys is not taken for a request with its id', () => {
    for (const answer of ['{"result":{"__proto__":1},"id":1}', '{"id":1,"error":{"a":1,"a":2}}'])
      expect(readMessage(answer)).toMatchObject({ fault: 'ambiguous', id: null, isResponse: true });
  });

  it('is told of any text', () => {
    const text = fc.oneof(
      fc.string({ unit: anyCharacter }),
      fc.json(),
      fc.constantFrom('', '{', '"', 'null', '{}'),
    );
    fc.assert(
      fc.property(text, (written) => {
        const read = readMessage(written);
        if ('fault' in read) expect(['not-json', 'batch', 'no-message']).toContain(read.fault);
      }),
    );
  });
});

describe('of a message that breaks off', () => {
  it.each([
    ['{"jsonrpc":"2.0","id":1,"result":{"content":"xx', { id: null, isResponse: true }],
    ['{"jsonrpc":"2.0","id":1,"error":{"code":', { id: null, isResponse: true }],
    ['{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"na', { id: 1, isResponse: false }],
    ['{"jsonrpc":"2.0","method":"tools/call","id":1', { id: null, isResponse: false }],
    ['{"id":1,"id":2,"method":"m"', { id: null, isResponse: false }],
  ])('%s it is known which it was to be', (text, intent) => {
    expect(intentOf(text)).toEqual(intent);
  });
});
