const lineFeed = 10;
/** The most bytes that are told of the beginning of a line that is too long. */
const mostOfHead = 65_536;

/** A line that is too long, and its beginning. */
interface TooLong {
  readonly kind: 'too-long';
  readonly head: string;
}

/** Splits a stream of bytes into lines. A line of more than `mostBytes` is reported as `too-long` once and skipped. */
export class LineReader {
  readonly #mostBytes: number;
  #pieces: Buffer[] = [];
  #length = 0;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** The lines that end in a chunk, without their ends. */
  *take(chunk: Buffer): Generator<string | TooLong> {
    for (let start = 0; start <= chunk.length; ) {
      const end = chunk.indexOf(lineFeed, start);
      const piece = chunk.subarray(start, end === -1 ? chunk.length : end);
      if (this.#isTooLong()) this.#length += piece.length;
      else if (this.#keep(piece)) yield { kind: 'too-long', head: this.#takeHead() };
      if (end === -1) return;
      const line = this.rest();
      if (line !== undefined) yield line;
      start = end + 1;
    }
  }

  /** Ends the current line and returns what was read of it; `undefined` if it was too long. */
  rest(): string | undefined {
    const line = this.#isTooLong() ? undefined : Buffer.concat(this.#pieces).toString('utf8');
    this.#pieces = [];
    this.#length = 0;
    return line;
  }

  /** Keeps a piece of a line; returns whether it makes the line too long. */
  #keep(piece: Buffer): boolean {
    this.#length += piece.length;
    this.#pieces.push(piece);
    return this.#isTooLong();
  }

  /** The beginning of a line that has become too long, of which nothing is kept any more. */
  #takeHead(): string {
    const head = Buffer.concat(this.#pieces, Math.min(mostOfHead, this.#mostBytes));
    this.#pieces = [];
    return head.toString('utf8');
  }

  #isTooLong(): boolean {
    return this.#length > this.#mostBytes;
  }
}
