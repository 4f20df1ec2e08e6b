import { describe, expect, test } from 'vitest';
import type * as z from 'zod';
import {
  batchArnJobId,
  batchNameJobId,
  decimalJobId,
  decimalJobIdField,
  opaqueJobId,
  usuallyUuidJobId,
  uuidJobId,
  wordJobId,
} from '../../shared/adapter/job-ids.ts';

const upper = 'A427201B-2340-4F06-AD68-2DA8E0FDB120';
const lower = upper.toLowerCase();
const arn = 'arn:aws:batch:eu-central-1:123456789012:job/';

const forms = new Map<string, z.ZodType<string>>([
  ['UUID', uuidJobId],
  ['opaque', opaqueJobId],
  ['word', wordJobId],
  ['batch name', batchNameJobId],
  ['usual UUID', usuallyUuidJobId],
  ['AWS Batch', batchArnJobId],
  ['decimal', decimalJobId],
]);

/** The canonical form of an id, or what is said of one that is refused. */
function reading(form: string, id: string): string | readonly string[] | undefined {
  const result = forms.get(form)?.safeParse(id);
  return result?.success ? result.data : result?.error.issues.map(({ message }) => message);
}

const notUuid = ['must be a UUID, such as 617a1f8b-59d4-435d-aa33-695433d7155e'];
const notOpaque = ['must be 1 to 200 letters, digits or any of . _ ~ : - and begin with a letter or digit'];
const notWord = ['must be 1 to 200 letters, digits or any of _ - and begin with a letter or digit'];
const notWhole = ['must be a whole number, such as 33857738939'];
const longest = `a${'B_-9'.repeat(49)}zzz`;

describe('a job id', () => {
  test.each([
    ['UUID', upper, lower],
    ['UUID', `x${lower}`, notUuid],
    ['UUID', `${lower}0`, notUuid],
    ['opaque', 'Job-7.a_b~c:1', 'Job-7.a_b~c:1'],
    ['opaque', longest, longest],
    ['opaque', `${longest}a`, notOpaque],
    ['opaque', '.a', notOpaque],
    ['opaque', 'a/b', notOpaque],
    ['word', 'a', 'a'],
    ['word', longest, longest],
    ['word', `${longest}a`, notWord],
    ['word', '', notWord],
    ['word', '-a', notWord],
    ['word', 'a.b', notWord],
    ['batch name', 'batches/abc123', 'abc123'],
    ['batch name', 'batches/batches/abc123', notWord],
    ['batch name', 'abc/batches/123', notWord],
    ['usual UUID', upper, lower],
    ['usual UUID', `X${upper}`, `X${upper}`],
    ['usual UUID', `${upper}X`, `${upper}X`],
    ['AWS Batch', `${upper}:12`, `${lower}:12`],
    ['AWS Batch', `${upper}:x`, `${upper}:x`],
    ['AWS Batch', `A427201B:7${upper.slice(8)}`, `A427201B:7${upper.slice(8)}`],
    ['AWS Batch', `${arn}${upper}`, lower],
    ['AWS Batch', `${arn.replace('aws', 'aws-us-gov')}${lower}:0`, `${lower}:0`],
    ['AWS Batch', `${arn.replace('aws', 'aws2')}${lower}`, notOpaque],
    ['AWS Batch', `x${arn}${lower}`, notOpaque],
    ['decimal', '7', '7'],
    ['decimal', '9007199254740991', '9007199254740991'],
    ['decimal', '9007199254740992', ['must be a number below 9007199254740992']],
    ['decimal', '12345678901234567', notWhole],
    ['decimal', '007', notWhole],
    ['decimal', 'run 7', notWhole],
    ['decimal', '7a', notWhole],
  ])('of the form %s: %j reads as %j', (form, id, expected) => {
    expect(reading(form, id)).toEqual(expected);
  });

  test.each([
    [33_857_738_939, '33857738939'],
    ['33857738939', '33857738939'],
    [0, undefined],
    [-7, undefined],
    [1.5, undefined],
    ['0', undefined],
    [2 ** 53, undefined],
  ])('that is a whole number stands in an answer as %j, and reads as %j', (value, id) => {
    expect(decimalJobIdField.safeParse(value).data).toBe(id);
  });
});
