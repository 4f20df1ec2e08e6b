import * as z from 'zod';
import { parseJson } from '../../shared/lib/json.ts';

/** What a file holds that an earlier export wrote. */
export interface Exported {
  readonly ok: true;
  /** How many entries it has. */
  readonly entries: number;
  /** How many bytes the whole ones take: what follows is a line that was broken off. */
  readonly wholeBytes: number;
  /** Whether the last whole one lacks the end of its line. */
  readonly lacksLineEnd: boolean;
  /** When the latest began that is not in the future, in milliseconds since the epoch; `undefined` without any. */
  readonly latestAt: number | undefined;
  /** The lines of the entries that began at most `recentMs` before the latest. */
  readonly recent: ReadonlySet<string>;
}

/** What an export left; or the number of the first line that is not an entry, so that the file is no export. */
export type ReadExport = Exported | { readonly ok: false; readonly line: number };

/** What is recent, and the wall time, in milliseconds: an entry that a clock has dated wrongly may be later. */
interface ExportTimes {
  readonly recentMs: number;
  readonly now: number;
}

/** The parts of an entry that an export goes by. */
const lineSchema = z.object({ at: z.iso.datetime(), request_id: z.string() });
/** How every entry begins. */
const beginning = '{"at":"';
const lineEnd = 0x0a;
/** How many lines are remembered before those are forgotten that are not recent any more. */
const remembered = 20_000;

/**
 * Reads what an earlier export wrote. A process that was killed, or a machine that lost its power, leaves a part of a line at the
 * end, or zeros. Anything else that is no entry makes the file one of another program, of which nothing may be cut off.
 */
export async function readExported(
  chunks: AsyncIterable<Buffer> | Iterable<Buffer>,
  { recentMs, now }: ExportTimes,
): Promise<ReadExport> {
  const found = new Found({ recentMs, now });
  /** The pieces of a line whose end has not come yet. They are joined once, however many they are. */
  let pieces: Buffer[] = [];
  for await (const chunk of chunks) {
    let begin = 0;
    for (let end = chunk.indexOf(lineEnd); end !== -1; end = chunk.indexOf(lineEnd, begin)) {
      if (!found.add(Buffer.concat([...pieces, chunk.subarray(begin, end)]), true)) return found.fault();
      pieces = [];
      begin = end + 1;
    }
    if (begin < chunk.length) pieces.push(chunk.subarray(begin));
  }
  if (pieces.length > 0 && !found.add(Buffer.concat(pieces), false)) return found.fault();
  return found.end();
}

/** What was read so far. */
class Found {
  readonly #times: ExportTimes;
  readonly #lines = new Map<string, number>();
  #lineNumber = 0;
  #entries = 0;
  #wholeBytes = 0;
  #lacksLineEnd = false;
  #latestAt: number | undefined;
  /** A line that is no entry: the last one may be. */
  #broken: { readonly line: number; readonly bytes: Buffer } | undefined;

  constructor(times: ExportTimes) {
    this.#times = times;
  }

  /** `false` if a line before this one is no entry. */
  add(bytes: Buffer, hasEnd: boolean): boolean {
    if (this.#broken !== undefined) return false;
    this.#lineNumber += 1;
    const line = bytes.toString();
    const { data } = lineSchema.safeParse(parseJson(line));
    if (data === undefined) {
      this.#broken = { line: this.#lineNumber, bytes };
      return true;
    }
    this.#entries += 1;
    this.#wholeBytes += bytes.length + (hasEnd ? 1 : 0);
    this.#lacksLineEnd = !hasEnd;
    this.#remember(line, Date.parse(data.at));
    return true;
  }

  #remember(line: string, at: number): void {
    if (at <= this.#times.now) this.#latestAt = Math.max(at, this.#latestAt ?? at);
    this.#lines.set(line, at);
    if (this.#lines.size % remembered === 0) this.#forget();
  }

  #forget(): void {
    const earliest = (this.#latestAt ?? 0) - this.#times.recentMs;
    for (const [line, at] of this.#lines) if (at < earliest) this.#lines.delete(line);
  }

  fault(): ReadExport {
    return { ok: false, line: this.#broken?.line ?? 1 };
  }

  end(): ReadExport {
    if (this.#broken !== undefined && !isBrokenOff(this.#broken.bytes)) return this.fault();
    this.#forget();
    return {
      ok: true,
      entries: this.#entries,
      wholeBytes: this.#wholeBytes,
      lacksLineEnd: this.#lacksLineEnd,
      latestAt: this.#latestAt,
      recent: new Set(this.#lines.keys()),
    };
  }
}

/** Whether bytes can be what is left of an entry: its beginning, or the zeros of a disk that lost its power. */
function isBrokenOff(bytes: Buffer): boolean {
  const text = bytes.subarray(0, beginning.length).toString();
  return beginning.startsWith(text) || text.startsWith(beginning) || bytes.every((byte) => byte === 0);
}
