import { describe, expect, it } from 'vitest';
import { keysFromEnvAndFiles } from '../../shared/config/file/connection-keys.ts';
import { readConfiguration } from '../../shared/config/file/read.ts';
import { readSettings } from '../../shared/config/settings.ts';

const instanceIn = (region: string) =>
  `crn:v1:bluemix:public:quantum-computing:${region}:a/0123456789abcdef:617a1f8b-59d4-435d-aa33-695433d7155e::`;

/** The base URL of the only connection of the environment. */
function urlOf(environment: Record<string, string>): string | undefined {
  const [connection] = readSettings(environment).connections;
  return connection?.baseUrl;
}

describe('the base URL of an instance of IBM Quantum', () => {
  const named = { CALLOFF_CONNECTIONS: 'ibm-quantum', QISKIT_IBM_TOKEN: 'a-key-of-ibm-cloud' };

  it.each([
    ['us-east', 'https://quantum.cloud.ibm.com/api/v1'],
    ['eu-de', 'https://eu-de.quantum.cloud.ibm.com/api/v1'],
    ['jp-tok', 'https://jp-tok.quantum.cloud.ibm.com/api/v1'],
  ])('in %s is %s, as its own client has it', (region, url) => {
    expect(urlOf({ ...named, QISKIT_IBM_INSTANCE: instanceIn(region) })).toBe(url);
  });

  it('is the one that the operator sets, if one is set', () => {
    const IBM_QUANTUM_BASE_URL = 'https://quantum.example.com/api/v1';
    const QISKIT_IBM_INSTANCE = instanceIn('eu-de');
    expect(urlOf({ ...named, QISKIT_IBM_INSTANCE, IBM_QUANTUM_BASE_URL })).toBe(IBM_QUANTUM_BASE_URL);
  });

  it.each(['', 'eu', '-x', 'evil.example', 'eu-de.evil', 'eu-de--', 'us-east-'])(
    'is refused in a region %j, which is like no region',
    (region) => {
      const environment = { ...named, QISKIT_IBM_INSTANCE: instanceIn(region) };
      expect(() => urlOf(environment)).toThrow(
        'QISKIT_IBM_INSTANCE must be the CRN of an instance in a region such as us-east: crn:v1:',
      );
    },
  );

  it('is that of each connection in a file', () => {
    const entry = { provider: 'ibm-quantum', api_key: 'k', instance: instanceIn('eu-de') };
    const connections = {
      german: entry,
      american: { ...entry, instance: instanceIn('us-east') },
      other: { ...entry, base_url: 'https://quantum.cloud.ibm.com/api/v1' },
    };
    const read = readConfiguration(JSON.stringify({ connections, callers: {} }), {
      settings: readSettings({}),
      key: keysFromEnvAndFiles('.', {}),
    });
    expect(read.connections.map(({ baseUrl }) => baseUrl)).toEqual([
      'https://eu-de.quantum.cloud.ibm.com/api/v1',
      'https://quantum.cloud.ibm.com/api/v1',
      'https://quantum.cloud.ibm.com/api/v1',
    ]);
  });
});

it.each([
  ['eu-central-1', 'https://batch.eu-central-1.amazonaws.com'],
  ['us-gov-west-1', 'https://batch.us-gov-west-1.amazonaws.com'],
  ['cn-northwest-1', 'https://batch.cn-northwest-1.amazonaws.com.cn'],
  ['eusc-de-east-1', 'https://batch.eusc-de-east-1.amazonaws.eu'],
])('AWS Batch in %s is at %s', (AWS_REGION, url) => {
  expect(urlOf({ CALLOFF_CONNECTIONS: 'aws-batch', AWS_REGION })).toBe(url);
});
