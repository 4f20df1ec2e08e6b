import { joinKey, splitKey } from './folder.ts';
import type { FolderQuery, LogQuery, LogRecord, Position, PutTerms } from './store.ts';

/** The longest value or body, in bytes of UTF-8: a DynamoDB item may have 400 KB, including its keys and names. */
export const longestTextBytes = 350_000;
const longestKeyBytes = 1_000;
/** The most entries of a page of a folder. */
const longestPage = 1_000;
/** The end of the year 9999: the sort key has room for the digits of times up to it. */
export const latestTime = 253_402_300_799_999;
/** The form of a request id: characters that every database sorts alike, the lowest being `-`. */
export const requestIdPattern = /^[A-Za-z0-9_=.:-]{1,100}$/;

/**
 * Checks a key before a read, in every driver alike, so that a key that works on a laptop works on AWS.
 * @throws {RangeError} if it is empty, longer than 1,000 bytes, not well-formed, or holds a NUL, and if its folder or its name
 * in the folder is empty.
 */
export function checkKey(key: string): void {
  checkText('a key', key, longestKeyBytes);
  if (key === '') throw new RangeError('a key must not be empty');
  const parts = splitKey(key);
  if (parts?.folder === '' || parts?.name === '') {
    throw new RangeError('a key must have a folder before // and a name after it');
  }
}

/**
 * The query of a listing, with the limit that pages have.
 * @throws {RangeError} for a folder or a place that no key can have, and for a limit below 1.
 */
export function normalizeList(folder: string, query: FolderQuery): FolderQuery {
  checkLimit(query.limit);
  const key = joinKey({ folder, name: query.after ?? '-' });
  checkKey(key);
  if (splitKey(key)?.folder !== folder) {
    throw new RangeError('a folder must not hold // and must not end with /');
  }
  return { ...query, limit: Math.min(query.limit, longestPage) };
}

/**
 * Checks a put.
 * @throws {RangeError} for a key as above, a value longer than 350 KB, and terms that are not whole numbers.
 */
export function checkPut(key: string, value: string, { version, expiresAt }: PutTerms): void {
  checkKey(key);
  checkText('a value', value, longestTextBytes);
  if (!Number.isSafeInteger(version) || version < 0) throw new RangeError('a version must be a whole number');
  if (!Number.isSafeInteger(expiresAt)) throw new RangeError('an expiry must be whole milliseconds');
}

/**
 * Checks a record before it is appended. Ids and parts may have only characters that every database sorts alike.
 * @throws {RangeError} for a time, an id or a part that cannot be sorted, and for a body longer than 350 KB.
 */
export function checkRecord({ part, body, ...place }: LogRecord): void {
  checkPlace(place);
  if (!/^[\x21-\x7e]{1,200}$/.test(part)) {
    throw new RangeError('a part must be up to 200 visible ASCII characters');
  }
  checkText('a record', body, longestTextBytes);
}

/**
 * A query with its times limited to those that records can have; `undefined` if no record can lie between them.
 * @throws {RangeError} for a limit below 1, a time that is not a number, and a place that no record can have.
 */
export function normalizeQuery({ from, to, after, limit }: LogQuery): LogQuery | undefined {
  checkLimit(limit);
  if (Number.isNaN(from) || Number.isNaN(to)) throw new RangeError('a time must be a number');
  if (after !== undefined) checkPlace(after);
  const earliest = Math.max(0, Math.ceil(from));
  const latest = Math.min(latestTime, Math.floor(to));
  return earliest > latest ? undefined : { from: earliest, to: latest, after, limit };
}

function checkLimit(limit: number): void {
  if (!Number.isSafeInteger(limit) || limit < 1) throw new RangeError('a limit must be 1 or more');
}

function checkPlace({ at, requestId }: Position): void {
  if (!Number.isSafeInteger(at) || at < 0 || at > latestTime) {
    throw new RangeError('the time of a record must be whole milliseconds up to the year 9999');
  }
  if (!requestIdPattern.test(requestId)) {
    throw new RangeError('a request id must be up to 100 letters, digits or any of _ = . : -');
  }
}

function checkText(what: string, text: string, longestBytes: number): void {
  const bytes = Buffer.byteLength(text);
  if (bytes > longestBytes) throw new RangeError(`${what} of ${bytes} bytes is over ${longestBytes}`);
  if (!text.isWellFormed() || text.includes('\0')) {
    throw new RangeError(`${what} must be well-formed Unicode without NUL`);
  }
}
