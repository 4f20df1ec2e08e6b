import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineReader } from '../../mcp/line-reader.ts';
import { readMessage } from '../../mcp/message.ts';
import { anyCharacter } from '../../shared/laws/parts/any-character.ts';

const most = 20;

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
          .map((line) => (Buffer.byteLength(line) > most ? { kind: 'too-long' } : line));
        expect(readIn(bytes, cuts)).toEqual(expected);
      }),
    );
  });

  it('cost what they hold, and no copy for each chunk', () => {
    const reader = new LineReader(100_000_000);
    const chunk = Buffer.alloc(1_000, 0x20);
    const from = performance.now();
    for (let count = 0; count < 50_000; count += 1) expect([...reader.take(chunk)]).toEqual([]);
    expect(performance.now() - from).toBeLessThan(5_000);
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
