import { describe, expect, test } from 'vitest';
import { readSettings } from '../../shared/config/settings.ts';

const named = { CALLOFF_CONNECTIONS: 'databricks', DATABRICKS_TOKEN: 'dapi-1234567890' };

describe('the workspace of Databricks', () => {
  test.each([
    'acme.cloud.databricks.com',
    'https://acme.cloud.databricks.com',
    'https://acme.cloud.databricks.com/',
  ])('is read from %j, as its own tools write it', (DATABRICKS_HOST) => {
    const { connections } = readSettings({ ...named, DATABRICKS_HOST });
    expect(connections).toMatchObject([
      { provider: 'databricks', baseUrl: 'https://acme.cloud.databricks.com', apiKey: 'dapi-1234567890' },
    ]);
  });

  test('is needed, because there is no usual one', () => {
    expect(() => readSettings(named)).toThrow(/DATABRICKS_HOST/);
  });

  test('is not used unless the connection is named', () => {
    const { connections } = readSettings({ DATABRICKS_HOST: 'acme.cloud.databricks.com' });
    expect(connections.map(({ name }) => name)).not.toContain('databricks');
  });
});
