import { Readable } from 'node:stream';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readJobIds } from '../../cli/input/job-ids.ts';

const standardInput = (...chunks: readonly (string | Uint8Array)[]) => Readable.from(chunks);

it('gives back the ids of a file, whatever ends its lines and wherever it is cut into chunks', async () => {
  const ids = fc.array(fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._~:-]{0,40}$/), {
    minLength: 1,
    maxLength: 20,
  });
  const end = fc.constantFrom('\n', '\r\n', '\n\n', '\n \n');
  await fc.assert(
    fc.asyncProperty(ids, end, fc.boolean(), fc.nat(100), async (named, lineEnd, isClosed, at) => {
      const bytes = Buffer.from(`${named.join(lineEnd)}${isClosed ? lineEnd : ''}`);
      const read = await readJobIds(['-'], standardInput(bytes.subarray(0, at), bytes.subarray(at)));
      expect(read.ok && read.ids.map((id) => id.trim())).toEqual(named);
    }),
  );
});

it('shows what is wrong with an id that is cut between two chunks as it is', async () => {
  const bytes = Buffer.from('jöb-1\n');
  const read = await readJobIds(['-'], standardInput(bytes.subarray(0, 2), bytes.subarray(2)));
  expect(read).toEqual({ ok: true, ids: ['jöb-1'] });
});

it.each([
  ['nothing', [], /holds no job id/],
  ['blank lines', ['\n\r\n \n\ufeff'], /holds no job id/],
  ['more than an operation may name', ['x'.repeat(64_000_001)], /more than an operation/],
])('refuses a standard input that holds %s', async (_what, chunks, why) => {
  expect(await readJobIds(['-'], standardInput(...chunks))).toEqual({
    ok: false,
    why: expect.stringMatching(why),
  });
});

it('reads nothing unless it is asked to', async () => {
  const unread = Readable.from(['job-2']);
  expect(await readJobIds(['job-1', '\r'], unread)).toEqual({ ok: true, ids: ['job-1'] });
  expect(unread.readableDidRead).toBe(false);
  expect(await readJobIds(['job-1', '-'], unread)).toMatchObject({ ok: false });
  expect(unread.readableDidRead).toBe(false);
});
