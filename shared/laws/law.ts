import * as fc from 'fast-check';
import type {
  CancelManyReading,
  CancelReading,
  ListReading,
  ProviderAdapter,
  RequestKind,
  StatusManyReading,
  StatusReading,
} from '../adapter/adapter.ts';
import type { ProviderRequest, ProviderResponse } from '../http/types.ts';
import { type Exchange, exchangesOf, type ProviderFixtures } from './fixtures.ts';

/** Something that holds for every adapter. `check` gives the violations found: none, where the law is kept. */
export interface Law {
  readonly name: string;
  check(adapter: ProviderAdapter, fixtures: ProviderFixtures): readonly string[] | Promise<readonly string[]>;
}

export type Reading = CancelReading | StatusReading | ListReading | CancelManyReading | StatusManyReading;

/** One operation of an adapter, asked about the jobs of the fixtures. */
export interface Probe {
  readonly operation: RequestKind;
  readonly request: ProviderRequest;
  read(response: ProviderResponse): Reading;
}

/** Every operation that the adapter has. */
export function probesOf(
  { cancel, status, list, cancelMany, statusMany }: ProviderAdapter,
  { jobId, otherJobId }: Pick<ProviderFixtures, 'jobId' | 'otherJobId'>,
): Probe[] {
  const ids = [jobId, otherJobId];
  const probes: Probe[] = [
    {
      operation: 'cancel',
      request: cancel.request(jobId, {}),
      read: (response) => cancel.read(response, jobId),
    },
    { operation: 'status', request: status.request(jobId), read: (response) => status.read(response, jobId) },
  ];
  if (list !== undefined) {
    const read = (response: ProviderResponse) => list.read(response, null);
    probes.push({ operation: 'list', request: list.request({}, null), read });
  }
  if (cancelMany !== undefined) {
    const read = (response: ProviderResponse) => cancelMany.read(response, ids);
    probes.push({ operation: 'cancelMany', request: cancelMany.request(ids), read });
  }
  if (statusMany !== undefined) {
    const read = (response: ProviderResponse) => statusMany.read(response, ids);
    probes.push({ operation: 'statusMany', request: statusMany.request(ids), read });
  }
  return probes;
}

/** Asks what an exchange asks; `undefined` where the adapter has no such operation. */
export function probeOf(adapter: ProviderAdapter, exchange: Exchange, jobId: string): Probe | undefined {
  const { operation } = exchange;
  const { cancel, status, list, cancelMany, statusMany } = adapter;
  switch (operation) {
    case 'cancel': {
      const request = cancel.request(jobId, exchange.options ?? {});
      return { operation, request, read: (response) => cancel.read(response, jobId) };
    }
    case 'status':
      return { operation, request: status.request(jobId), read: (response) => status.read(response, jobId) };
    case 'list': {
      if (list === undefined) return undefined;
      const cursor = exchange.cursor ?? null;
      const request = list.request(exchange.query ?? {}, cursor);
      return { operation, request, read: (response) => list.read(response, cursor) };
    }
    case 'cancelMany':
    case 'statusMany': {
      const many = operation === 'cancelMany' ? cancelMany : statusMany;
      if (many === undefined) return undefined;
      const { jobIds } = exchange;
      const read = (response: ProviderResponse) => many.read(response, jobIds);
      return { operation, request: many.request(jobIds), read };
    }
  }
}

/** The distinct bodies of the fixtures. */
export function bodiesOf(fixtures: ProviderFixtures): unknown[] {
  const byText = new Map(
    exchangesOf(fixtures).map(([, { response }]) => [JSON.stringify(response.body), response.body]),
  );
  return [...byText.values()];
}

/** A value as JSON would carry it: without the keys that hold nothing. */
export function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

/**
 * Looks for a value that violates a property, over 300 values or as many as fast-check is configured to try; the smallest
 * found is told. To throw is a violation.
 */
export function everywhere<T>(values: fc.Arbitrary<T>, check: (value: T) => string | undefined): string[] {
  const violation = (value: T) => {
    try {
      return check(value);
    } catch (error) {
      return `${show(value)}: it threw ${error instanceof Error ? error.name : 'something'}`;
    }
  };
  const { counterexample, seed } = fc.check(
    fc.property(values, (value) => violation(value) === undefined),
    { numRuns: fc.readConfigureGlobal().numRuns ?? 300 },
  );
  return counterexample === null ? [] : [`${violation(counterexample[0])} (seed ${seed})`];
}

/** What `found` holds, without the gaps. */
export function violations(found: readonly (string | undefined)[]): string[] {
  return found.filter((violation) => violation !== undefined);
}

/** A value in short, for a violation. */
export function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

/** A base URL of a provider: the documented one, at any region, or that of some customer. */
export function baseUrlOf({ defaultBaseUrl = 'https://customer.example.com' }: ProviderAdapter): string {
  return defaultBaseUrl.replaceAll(/\{\w+\}/g, 'region-1');
}
