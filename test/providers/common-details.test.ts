import { expect, test } from 'vitest';
import * as z from 'zod';
import { detailsSource } from '../../scripts/generate/details.ts';
import type { Provider } from '../../scripts/generate/providers.ts';
import { commonDetails, reasonCode } from '../../shared/adapter/common-details.ts';
import { ionq } from '../../shared/providers/ionq.ts';
import { fixtures } from '../fixtures/index.ts';

function provider(displayName: string, details: z.ZodObject): Provider {
  const adapter = { ...ionq, displayName, details };
  return { id: 'ionq', name: 'ionq', adapter, twin: { routes: [], options: {} }, fixtures: fixtures.ionq };
}

const requests = commonDetails.pick({ requests_total: true, requests_failed: true });

test('two providers share a detail: it is declared once, with its meaning and no name of a provider', () => {
  const source = detailsSource([
    provider('One', requests.extend({ own: z.number().optional().describe('its own') })),
    provider('Two', requests),
  ]);
  expect(source.match(/requests_total/g)).toHaveLength(1);
  expect(source).toContain('requests_total: z.number().optional().describe("requests in the batch")');
  expect(source).toContain('own: z.number().optional().describe("One: its own")');
});

test('the reason codes of all providers make one list', () => {
  const source = detailsSource([
    provider('One', z.object(reasonCode(['USER_CANCELED', 'TIMED_OUT']))),
    provider('Two', z.object(reasonCode(['TIMED_OUT', 'MAX_DURATION']))),
  ]);
  expect(source).toContain('reason_code: z.enum(["USER_CANCELED","TIMED_OUT","MAX_DURATION"])');
});

test('a shared name cannot be a number at one provider and a word at another', () => {
  const words = z.object({ requests_total: z.enum(['many']).optional().describe('requests in the batch') });
  expect(() => detailsSource([provider('One', requests), provider('Two', words)])).toThrow(/requests_total/);
});

test('every common detail is optional, and says what it means', () => {
  const source = detailsSource([provider('One', commonDetails.extend(reasonCode(['x'])))]);
  for (const name of Object.keys(commonDetails.shape))
    expect(source).toMatch(new RegExp(`${name}: z\\.\\S+\\.optional\\(\\)\\.describe\\("[^"]+"\\)`));
});
