import * as z from 'zod';
import { parseJson } from '../lib/json.ts';

/**
 * Which jobs of a chunk may be sent a cancel from now on, written before the first one leaves. If no result closes it, its
 * worker died, and each of these jobs may have been sent one.
 */
export interface Mark {
  /** Counts the attempts at this chunk, from 1. */
  readonly attempt: number;
  /** The places of the jobs in the chunk. */
  readonly due: readonly number[];
}

const markSchema = z.object({ attempt: z.number(), due: z.string() });

/** A mark as text. */
export function packMark({ attempt, due }: Mark): string {
  return JSON.stringify({ attempt, due: packPlaces(due) });
}

/** The mark in a text; `undefined` if there is none. */
export function unpackMark(text: string | undefined): Mark | undefined {
  const { data } = markSchema.safeParse(text === undefined ? undefined : parseJson(text));
  if (data === undefined) return undefined;
  return { attempt: data.attempt, due: unpackPlaces(data.due) };
}

/** Places of a chunk as text: one bit for each job. */
export function packPlaces(places: readonly number[]): string {
  const bits = Buffer.alloc(Math.ceil((Math.max(-1, ...places) + 1) / 8));
  for (const place of places) bits[place >> 3] = (bits[place >> 3] ?? 0) | (1 << (place & 7));
  return bits.toString('base64');
}

/** The places in a text. */
export function unpackPlaces(text: string): number[] {
  const bits = Buffer.from(text, 'base64');
  const places = Array.from({ length: bits.length * 8 }, (_, place) => place);
  return places.filter((place) => ((bits[place >> 3] ?? 0) & (1 << (place & 7))) !== 0);
}
