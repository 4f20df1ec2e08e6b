import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { accepted, context, gatewayTo } from '../support/harness.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ control: false });
});
afterAll(() => sandbox.close());

const missing = '617a1f8b-59d4-435d-aa33-695433d7155e';
const cancel = async (job_id: string) =>
  accepted(await gatewayTo(sandbox).cancelJob({ provider: 'ionq', job_id, wait_seconds: 0 }, context));

describe('a 404 of IonQ that does not say what is missing', () => {
  it('is asked about by the list with that id: an empty page means that there is no such job', async () => {
    const { ionq } = sandbox.providers;
    ionq.reset();
    ionq.setFault({ kind: 'foreign_not_found', operations: ['status'] });
    expect(await cancel(missing)).toMatchObject({ outcome: 'not_found', evidence: { source: 'status' } });
    expect(ionq.journal.map(({ operation }) => operation)).toEqual(['status', 'statusMany']);
  });

  it('hides no job that the list shows: it is cancelled', async () => {
    const { ionq } = sandbox.providers;
    ionq.reset();
    const id = ionq.addJob({ state: 'running' });
    ionq.setFault({ kind: 'foreign_not_found', operations: ['status'] });
    expect(await cancel(id)).toMatchObject({ outcome: 'cancelled', state: 'cancelled' });
  });

  it('stays an unexpected response if the list is not there either, as behind a wrong base URL', async () => {
    const { ionq } = sandbox.providers;
    ionq.reset();
    ionq.setFault({ kind: 'foreign_not_found' });
    expect(await cancel(missing)).toMatchObject({ outcome: 'failed', code: 'unexpected_response' });
  });
});
