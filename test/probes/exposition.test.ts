import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { outcomeNames } from '../../shared/contract/outcome.ts';
import { renderExposition } from '../../shared/lib/telemetry/exposition.ts';
import { families } from '../../shared/lib/telemetry/families.ts';
import { type Measurement, requestClasses } from '../../shared/lib/telemetry/meter.ts';
import { MetricRegistry } from '../../shared/lib/telemetry/registry.ts';
import { runs } from '../support/thorough.ts';
import { readTextFormat } from './text-format.ts';

const connection = fc.constantFrom('ionq', 'sutro', 'ionq-research');
const seconds = fc.oneof(
  fc.double({ min: 0, max: 200, noNaN: true }),
  fc.constantFrom(0, 0.1, 1, 10, 120, 121),
);
const measurement: fc.Arbitrary<Measurement> = fc.oneof(
  fc.record({
    is: fc.constant('cancel' as const),
    connection,
    outcome: fc.constantFrom(...outcomeNames),
    surface: fc.constantFrom('http', 'mcp', 'cli'),
  }),
  fc.record({ is: fc.constant('cancel_call' as const), seconds }),
  fc.record({
    is: fc.constant('provider_request' as const),
    connection,
    operation: fc.constantFrom('status', 'cancel', 'list'),
    class: fc.constantFrom(...requestClasses),
    seconds,
  }),
  fc.record({ is: fc.constant('came_back' as const), jobs: fc.nat(10) }),
  fc.constant({ is: 'audit_write_failure' as const }),
);

describe('the Prometheus text format', () => {
  it('holds any label value and any value, as a reader by the rules of the format reads them', () => {
    const samples = fc.uniqueArray(
      fc.record({
        labels: fc.record({ a: fc.string({ unit: 'grapheme' }), b: fc.constantFrom('"', '\\', '\n', '\\n') }),
        value: fc.oneof(fc.nat(), fc.double({ noNaN: true, noDefaultInfinity: true })),
      }),
      { selector: ({ labels }) => JSON.stringify(labels), minLength: 1 },
    );
    fc.assert(
      fc.property(samples, fc.string(), (written, help) => {
        const line = help.replaceAll('\r', '');
        const own = written.map((sample) => ({ name: 'x_total', ...sample }));
        const text = renderExposition([{ name: 'x_total', type: 'counter', help: line, samples: own }]);
        const read = readTextFormat(text);
        expect(read).toEqual(own.map((sample) => ({ ...sample, value: sample.value + 0 })));
      }),
      { numRuns: runs(2_000, 100) },
    );
  });

  it('has every measurement in its counter, its buckets and its sum', () => {
    fc.assert(
      fc.property(fc.array(measurement, { maxLength: 60 }), (measured) => {
        const registry = new MetricRegistry();
        for (const each of measured) registry.meter(each);
        const read = readTextFormat(registry.render({ confirmationsPending: 3, operations: { running: 2 } }));
        const sumOf = (name: string) =>
          read.filter((sample) => sample.name === name).reduce((sum, { value }) => sum + value, 0);
        const of = (is: Measurement['is']) => measured.filter((each) => each.is === is);
        const requests = measured.filter((each) => each.is === 'provider_request');
        expect({
          cancels: sumOf('calloff_cancels_total'),
          requests: sumOf('calloff_provider_requests_total'),
          timed: sumOf('calloff_provider_request_seconds_count'),
          limited: sumOf('calloff_rate_limited_total'),
          calls: sumOf('calloff_cancel_seconds_count'),
          failures: sumOf('calloff_audit_write_failures_total'),
          back: sumOf('calloff_came_back_total'),
          gauges: [sumOf('calloff_confirmations_pending'), sumOf('calloff_operations')],
        }).toEqual({
          cancels: of('cancel').length,
          requests: requests.length,
          timed: requests.length,
          limited: requests.filter((each) => each.class === 'limited').length,
          calls: of('cancel_call').length,
          failures: of('audit_write_failure').length,
          back: measured.reduce((sum, each) => sum + (each.is === 'came_back' ? each.jobs : 0), 0),
          gauges: [3, 2],
        });
      }),
      { numRuns: runs(1_000, 60) },
    );
  });

  it('leaves out what the store did not say, and starts at zero where there are no labels', () => {
    const read = readTextFormat(new MetricRegistry().render(undefined));
    const names = new Set(read.map(({ name }) => name));
    expect([...names].filter((name) => /pending|operations/.test(name))).toEqual([]);
    for (const { name } of [families.rateLimited, families.cameBack, families.auditWriteFailures])
      expect(read.find((sample) => sample.name === name)).toEqual({ name, labels: {}, value: 0 });
  });
});
