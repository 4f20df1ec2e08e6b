import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type * as z from 'zod';
import { cancelInput } from '../../mcp/tools/input.ts';
import { faultsOfShape, limitFaults, namesJob } from '../../shared/contract/job-entries.ts';
import { cancelJobsRequest, getJobsRequest } from '../../shared/contract/requests.ts';
import { readInput } from '../../shared/use-cases/validate.ts';

const word = fc.oneof(fc.string(), fc.integer(), fc.constant(null));
const entry = fc.oneof(
  fc.jsonValue({ maxDepth: 1 }),
  fc.record({ provider: word, job_id: word, reason: word, extra: word }, { requiredKeys: [] }),
  fc.constant({ provider: 'sutro', job_id: 'a' }),
);
const schemas: readonly z.ZodType<unknown>[] = [cancelJobsRequest, getJobsRequest, cancelInput.many];

describe('the entries of a list of jobs', () => {
  it('have as many faults in their shape as every schema finds, and name a job where they have none', () => {
    fc.assert(
      fc.property(entry, (each) => {
        for (const schema of schemas) {
          const { error } = schema.safeParse({ jobs: [each] });
          expect(faultsOfShape(each)).toBe(error?.issues.length ?? 0);
        }
        if (faultsOfShape(each) === 0) expect(namesJob(each)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it('are judged up to the fault beyond which none is told, and the others counted', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 300 }), fc.boolean(), (jobs, stray) => {
        const input = { jobs, ...(stray ? { stray: 1 } : {}) };
        for (const schema of schemas) {
          const whole = schema.safeParse(input).error?.issues.length ?? 0;
          const { judged, rest } = limitFaults(input, 10);
          const told = schema.safeParse(judged).error?.issues.length ?? 0;
          fc.pre(jobs.length > 0);
          expect(told + rest).toBe(whole);
          const read = readInput(schema, input);
          expect(read.ok ? 0 : read.faults.length).toBe(whole);
        }
      }),
      { numRuns: 300 },
    );
  });
});
