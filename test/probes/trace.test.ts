import { randomBytes, randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createApp } from '../../functions/http/app.ts';
import { mcpRoutes } from '../../functions/http/mcp-routes.ts';
import { type LogEntry, logLine } from '../../shared/lib/log.ts';
import {
  inTrace,
  outgoingTraceparent,
  type TraceFields,
  traceFields,
} from '../../shared/lib/telemetry/trace.ts';
import { EmbeddedWorker } from '../../shared/work/embedded-worker.ts';
import { callerWith, guardHarness } from '../support/guard-harness.ts';
import { operationsHarness } from '../support/operations.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const parentId = '00f067aa0ba902b7';
const valid = `00-${traceId}-${parentId}-01`;

/** What the rules of https://www.w3.org/TR/trace-context/ say of a header. */
describe('a traceparent', () => {
  it.each([
    ['of the known version', valid, '01'],
    ['that is not sampled', `00-${traceId}-${parentId}-00`, '00'],
    ['with flags that are not known', `00-${traceId}-${parentId}-ff`, '01'],
    ['of a later version', `cc-${traceId}-${parentId}-01`, '01'],
    ['of a later version that has more', `cc-${traceId}-${parentId}-01-what-the-future-will-be-like`, '01'],
  ])('%s is taken in, and passed on with a span of calloff', (_, header, flags) => {
    const [fields, passedOn] = inTrace(header, () => [traceFields(), outgoingTraceparent()] as const);
    expect(fields).toEqual({
      ...{ trace_id: traceId, parent_id: parentId },
      span_id: expect.stringMatching(/^(?!0{16})[0-9a-f]{16}$/),
    });
    expect(fields.span_id).not.toBe(parentId);
    expect(passedOn).toBe(`00-${traceId}-${fields.span_id}-${flags}`);
  });

  it.each([
    ['missing', undefined],
    ['empty', ''],
    ['of the version that is forbidden', `ff-${traceId}-${parentId}-01`],
    ['of the known version with more', `${valid}-what`],
    ['of a later version with more but no hyphen', `cc-${traceId}-${parentId}-01.what`],
    ['without a trace', `00-${'0'.repeat(32)}-${parentId}-01`],
    ['without a span', `00-${traceId}-${'0'.repeat(16)}-01`],
    ['in capitals', valid.toUpperCase()],
    ['too short', `00-${traceId.slice(1)}-${parentId}-01`],
    ['too long', `00-${traceId}0-${parentId}-01`],
    ['without flags', `00-${traceId}-${parentId}`],
    ['with flags that are no number', `00-${traceId}-${parentId}-.1`],
    ['sent twice', `${valid}, ${valid}`],
    ['with a line break', `${valid}\n`],
    ['with a version that is no number', `.0-${traceId}-${parentId}-01`],
  ])('that is %s is ignored', (_, header) => {
    expect(inTrace(header, () => [traceFields(), outgoingTraceparent()])).toEqual([{}, undefined]);
  });

  it('lets nothing through but hexadecimal digits, whatever comes', () => {
    const piece = fc.constantFrom('00', 'ff', '-', traceId, parentId, '01', 'G', '\r\n', 'é', ' ', valid);
    const header = fc.oneof(
      fc.string(),
      fc.array(piece, { maxLength: 9 }).map((pieces) => pieces.join('')),
    );
    fc.assert(
      fc.property(header, (text) => {
        const passedOn = inTrace(text, outgoingTraceparent);
        expect(passedOn ?? valid).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/);
      }),
    );
  });
});

interface Seen {
  readonly url: string;
  readonly traceparent: string | null;
  readonly names: readonly string[];
}

/** The HTTP app with MCP, on providers that stand still: what they were sent, and what was logged. */
function appWithTraces() {
  const { providers, gateway } = guardHarness();
  const seen: Seen[] = [];
  const lines: (LogEntry & TraceFields)[] = [];
  const log = (entry: LogEntry) => void lines.push(JSON.parse(logLine(entry)));
  const fetch: typeof globalThis.fetch = (input, init) => {
    const headers = new Headers(init?.headers);
    seen.push({ url: String(input), traceparent: headers.get('traceparent'), names: [...headers.keys()] });
    return providers.fetch(input, init);
  };
  const calloff = gateway({ fetch, log });
  const callers = { identify: async () => callerWith({}) };
  const app = createApp({ gateway: calloff, callers, log, newRequestId: randomUUID });
  app.route(
    '/mcp',
    mcpRoutes({ gateway: calloff, callers, log, confirmAbove: 10, hosts: 'any', streams: true }),
  );
  return { app, providers, seen, lines };
}

describe('a request with a traceparent', () => {
  it.each(['http', 'mcp'])('over %s is in its trace, in the log and at the provider', async (surface) => {
    const { app, providers, seen, lines } = appWithTraces();
    const [job_id] = providers.sutro.addJobs(1, { state: 'running' });
    const headers = { traceparent: valid, tracestate: 'stranger=text', 'content-type': 'application/json' };
    const params = { name: 'cancel_job', arguments: { provider: 'sutro', job_id, wait_seconds: 0 } };
    const [path, body] =
      surface === 'http'
        ? [`/v1/providers/sutro/jobs/${job_id}/cancel`, { wait_seconds: 0 }]
        : ['/mcp', { jsonrpc: '2.0', id: 1, method: 'tools/call', params }];
    const answer = await app.request(path, { method: 'POST', headers, body: JSON.stringify(body) });
    expect(await answer.text()).toMatch(/cancell/);
    const line = lines.find(({ event }) => event === 'request');
    expect(line).toMatchObject({ trace_id: traceId, parent_id: parentId, request_id: expect.any(String) });
    expect(seen.length).toBeGreaterThan(1);
    for (const { traceparent, names } of seen) {
      expect(traceparent).toBe(`00-${traceId}-${line?.span_id}-01`);
      expect(names).not.toContain('tracestate');
    }
  });

  it('leaves no trace in requests beside it, and each of many at once has its own', async () => {
    const { app, providers, seen, lines } = appWithTraces();
    const ids = providers.sutro.addJobs(20, { state: 'running' });
    const traceOf = new Map(
      ids.map((id, index) => [id, index % 2 === 0 ? randomBytes(16).toString('hex') : undefined]),
    );
    await Promise.all(
      ids.map((id) => {
        const trace = traceOf.get(id);
        const headers = trace === undefined ? {} : { traceparent: `00-${trace}-${parentId}-01` };
        return app.request(`/v1/providers/sutro/jobs/${id}`, { headers });
      }),
    );
    for (const { url, traceparent } of seen) {
      const id = ids.find((each) => url.includes(each)) ?? '';
      expect(traceparent?.split('-')[1]).toBe(traceOf.get(id));
    }
    expect(seen).toHaveLength(20);
    expect(lines.filter(({ trace_id }) => trace_id !== undefined)).toHaveLength(10);
  });
});

it('the work on an operation is part of no trace, although a request with one started it', async () => {
  const harness = await operationsHarness();
  const passedOn: (string | null)[] = [];
  const watched =
    (inner: typeof fetch): typeof fetch =>
    (input, init) => {
      passedOn.push(new Headers(init?.headers).get('traceparent'));
      return inner(input, init);
    };
  const { worker } = harness.newProcess({ fetch: watched });
  const embedded = new EmbeddedWorker(worker, harness.clock);
  embedded.start();
  await harness.clock.turn(100);
  const id = await inTrace(valid, async () => {
    const started = await harness.start(harness.addJobs({ sutro: 3 }));
    embedded.ring();
    return started;
  });
  await harness.clock.turn(60_000);
  expect(await harness.countsOf(id)).toEqual({ cancelled: 3 });
  expect(new Set(passedOn)).toEqual(new Set([null]));
  await harness.clock.until(embedded.stop());
});
