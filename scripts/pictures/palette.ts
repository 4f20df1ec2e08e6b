import { crc32, deflateSync, inflateSync } from 'node:zlib';

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const mostColours = 256;

/** Pixels row by row, each as `0xRRGGBB`. */
interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly colours: Uint32Array;
}

/**
 * Writes a picture anew with at most 256 colours, which makes a picture of a page a third as large. Colours that differ least
 * become one: the one of them that most pixels have, so that areas keep theirs. `png` has 8 bits a channel and no interlacing,
 * as Chromium writes it.
 */
export function withPalette(png: Buffer): Buffer {
  const { width, height, colours } = read(png);
  const standIns = paletteOf(colours);
  const palette = [...new Set(standIns.values())];
  const places = new Map(palette.map((colour, index) => [colour, index]));
  const lines = Buffer.alloc((width + 1) * height);
  for (const [at, colour] of colours.entries())
    lines[at + Math.floor(at / width) + 1] = places.get(standIns.get(colour) ?? 0) ?? 0;
  const header = Buffer.concat([uint32(width), uint32(height), Buffer.from([8, 3, 0, 0, 0])]);
  const table = Buffer.from(palette.flatMap((colour) => channels(colour)));
  const data = deflateSync(lines, { level: 9, memLevel: 9 });
  return Buffer.concat([
    signature,
    ...[chunk('IHDR', header), chunk('PLTE', table), chunk('IDAT', data), chunk('IEND', Buffer.alloc(0))],
  ]);
}

/** Which colour stands for each colour of a picture. */
function paletteOf(colours: Uint32Array): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const colour of colours) counts.set(colour, (counts.get(colour) ?? 0) + 1);
  const byUse = [...counts].toSorted(([, one], [, other]) => other - one).map(([colour]) => colour);
  for (let step = 1; ; step += 1) {
    const bucketOf = (colour: number) =>
      channels(colour)
        .map((value) => Math.round(value / step))
        .join();
    const buckets = Map.groupBy(byUse, bucketOf);
    if (buckets.size > mostColours) continue;
    return new Map([...buckets.values()].flatMap((alike) => alike.map((colour) => [colour, alike[0] ?? 0])));
  }
}

function channels(colour: number): [red: number, green: number, blue: number] {
  return [colour >> 16, (colour >> 8) & 0xff, colour & 0xff];
}

function read(png: Buffer): Pixels {
  const chunks = [...chunksOf(png)];
  const header = chunks.find(({ type }) => type === 'IHDR')?.data ?? Buffer.alloc(13);
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  // The kind of colour: 2 has no transparency, 6 has.
  const size = header[9] === 6 ? 4 : 3;
  const packed = chunks.filter(({ type }) => type === 'IDAT').map(({ data }) => data);
  const bytes = unfiltered(inflateSync(Buffer.concat(packed)), width * size, size);
  const colours = Uint32Array.from({ length: width * height }, (_, at) => bytes.readUIntBE(at * size, 3));
  return { width, height, colours };
}

function* chunksOf(png: Buffer): Generator<{ type: string; data: Buffer }> {
  for (let at = signature.length; at < png.length; ) {
    const length = png.readUInt32BE(at);
    yield { type: png.toString('latin1', at + 4, at + 8), data: png.subarray(at + 8, at + 8 + length) };
    at += length + 12;
  }
}

/** Undoes the filters of the lines: https://www.w3.org/TR/png-3/#9Filters. */
function unfiltered(lines: Buffer, stride: number, size: number): Buffer {
  const height = lines.length / (stride + 1);
  const bytes = Buffer.alloc(stride * height);
  for (let y = 0; y < height; y += 1) {
    const filter = lines[y * (stride + 1)];
    for (let x = 0; x < stride; x += 1) {
      const left = x < size ? 0 : (bytes[y * stride + x - size] ?? 0);
      const up = y === 0 ? 0 : (bytes[(y - 1) * stride + x] ?? 0);
      const upLeft = x < size || y === 0 ? 0 : (bytes[(y - 1) * stride + x - size] ?? 0);
      const raw = lines[y * (stride + 1) + x + 1] ?? 0;
      bytes[y * stride + x] = raw + predicted(filter, left, up, upLeft);
    }
  }
  return bytes;
}

function predicted(filter: number | undefined, left: number, up: number, upLeft: number): number {
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return (left + up) >> 1;
  if (filter !== 4) return 0;
  const [toLeft, toUp, toUpLeft] = [left, up, upLeft].map((each) => Math.abs(left + up - upLeft - each));
  if (toLeft === undefined || toUp === undefined || toUpLeft === undefined) return 0;
  if (toLeft <= toUp && toLeft <= toUpLeft) return left;
  return toUp <= toUpLeft ? up : upLeft;
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  return Buffer.concat([uint32(data.length), body, uint32(crc32(body))]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
