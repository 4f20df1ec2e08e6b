import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readExported } from '../../cli/audit-export/exported-lines.ts';
import { anyCharacter } from '../../shared/laws/parts/any-character.ts';
import { runs } from '../support/thorough.ts';

const hour = 3_600_000;
const now = Date.parse('2026-11-29T12:00:00Z');
const times = { recentMs: hour, now };
const entry = fc
  .record({ at: fc.nat(5 * hour), reason: fc.string({ unit: anyCharacter, maxLength: 12 }) })
  .map(({ at, reason }) => JSON.stringify({ at: new Date(at).toISOString(), request_id: 'r', reason }));
const timeOf = (line: string) => Date.parse(JSON.parse(line).at);

/** The bytes in pieces of these lengths, over and over. */
function* pieces(bytes: Buffer, lengths: readonly number[]): Generator<Buffer> {
  for (let begin = 0, turn = 0; begin < bytes.length; turn += 1) {
    const length = lengths[turn % lengths.length] ?? bytes.length;
    yield bytes.subarray(begin, begin + length);
    begin += length;
  }
}

describe('a file that an export left', () => {
  it('cut off at any byte and read in any pieces, has its whole entries and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(entry, { maxLength: 30 }),
        fc.nat(),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 }),
        fc.boolean(),
        async (lines, place, lengths, hasZeros) => {
          const all = Buffer.from(lines.map((line) => `${line}\n`).join(''));
          const cut = all.subarray(0, place % (all.length + 1));
          const ends = lines.map((_, index) =>
            Buffer.byteLength(
              lines
                .slice(0, index + 1)
                .map((line) => `${line}\n`)
                .join(''),
            ),
          );
          // A line that lacks only its end is whole.
          const whole = lines.filter((_, index) => (ends[index] ?? 0) - 1 <= cut.length);
          const last = ends[whole.length - 1] ?? 0;
          const lacksLineEnd = last > cut.length;
          const zeros = hasZeros && !lacksLineEnd && last === cut.length ? Buffer.alloc(9) : Buffer.alloc(0);
          const read = await readExported(pieces(Buffer.concat([cut, zeros]), lengths), times);
          const latestAt = whole.length === 0 ? undefined : Math.max(...whole.map(timeOf));
          const recent = whole.filter((line) => timeOf(line) >= (latestAt ?? 0) - hour);
          expect(read).toEqual({
            ...{ ok: true, entries: whole.length, wholeBytes: Math.min(last, cut.length) },
            ...{ lacksLineEnd, latestAt, recent: new Set(recent) },
          });
        },
      ),
      { numRuns: runs(5_000, 200) },
    );
  });

  const whole = '{"at":"2026-11-29T12:00:00.000Z","request_id":"r"}';
  it.each([
    ['a text', 'hello', 1],
    ['a text with its line end', 'hello\n', 1],
    ['another kind of JSON', '{"time":"2026-11-29T12:00:00.000Z"}\n', 1],
    ['another line after an entry', `${whole}\nhello`, 2],
    ['a line in the middle that was broken off', `${whole}\n{"at":"20\n${whole}\n`, 2],
    ['an empty line in the middle', `${whole}\n\n${whole}\n`, 2],
  ])('is not one with %s: nothing of it is cut off', async (_what, text, line) => {
    expect(await readExported([Buffer.from(text)], times)).toEqual({ ok: false, line });
  });

  it('reads a long end that was broken off once, and not again with each piece', async () => {
    const line = Buffer.from(`${whole}\n`);
    const end = Buffer.from('{"at":"'.padEnd(4_000_000, 'x'));
    const begunAt = process.cpuUsage();
    const read = await readExported([line, ...pieces(end, [1_500])], times);
    const { user, system } = process.cpuUsage(begunAt);
    expect(read).toMatchObject({ ok: true, entries: 1, wholeBytes: line.length });
    // Joined anew with each of 2,700 pieces, 5 GB would be copied.
    expect((user + system) / 1_000_000).toBeLessThan(2);
  });

  it('forgets lines that are not recent, however many there are', async () => {
    const lines = Array.from({ length: 25_000 }, (_, index) =>
      JSON.stringify({ at: new Date(index * 60_000).toISOString(), request_id: `${index}` }),
    );
    const read = await readExported([Buffer.from(lines.map((line) => `${line}\n`).join(''))], times);
    expect(read).toMatchObject({ ok: true, entries: 25_000 });
    expect(read.ok && read.recent.size).toBe(61);
  });
});
