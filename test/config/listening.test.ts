import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readListening } from '../../shared/config/listening.ts';

const machine = 'ada-laptop.lan.example';
const listening = (environment: { HOST?: string; PORT?: string }) => readListening(environment, machine);

describe('HOST', () => {
  test.each(['127.0.0.1', '0.0.0.0', '::', '::1', '192.168.0.7', 'localhost', 'calloff.internal', 'api-1'])(
    'may be %s',
    (HOST) => {
      expect(listening({ HOST: ` ${HOST}\n` })).toEqual({
        host: HOST,
        port: 8_787,
        passedOver: [],
        faults: [],
      });
    },
  );

  test.each([
    'x86_64-conda-linux-gnu',
    'aarch64-conda-linux-gnu',
    'arm64-apple-darwin20.0.0',
    'x86_64-apple-darwin13.4.0',
    'powerpc64le-conda-linux-gnu',
    'i686-w64-mingw32',
    'riscv64-unknown-elf',
    'tcp://10.0.0.1:80',
    'https://app.example.com',
    machine,
    'ADA-LAPTOP',
    'ada-laptop',
  ])(
    'is the value of another program if it is %s: the server listens on its default, and says so',
    (HOST) => {
      const { host, faults, passedOver } = listening({ HOST });
      expect({ host, faults }).toEqual({ host: '127.0.0.1', faults: [] });
      expect(passedOver).toEqual([
        'HOST is set to the value of another program, not to an address, so calloff listens on 127.0.0.1. To listen elsewhere, set HOST to an address.',
      ]);
    },
  );

  test.each([
    'a host',
    'host/path',
    '0',
    '10',
    '0x7f.1',
    '1.2.3',
    '256.256.256.256',
    '[::1]',
    'h\u00f6st',
    '*',
  ])('keeps a server from starting where it is %j', (HOST) => {
    expect(listening({ HOST })).toEqual({
      ...{ host: '127.0.0.1', port: 8_787, passedOver: [] },
      faults: ['HOST must be an address or a host name'],
    });
  });

  test('never opens the server wider than it says: whatever is there is listened on as it is written, or loopback is', () => {
    const piece = fc.constantFrom(
      '0',
      '.',
      ':',
      '255',
      '127',
      'x86_64',
      '-',
      'linux',
      'tcp://',
      '::',
      'a',
      ' ',
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join('')),
    );
    fc.assert(
      fc.property(text, (HOST) => {
        const { host, passedOver, faults } = listening({ HOST });
        if (host === '127.0.0.1') return;
        expect(host).toBe(HOST.trim());
        expect([passedOver, faults]).toEqual([[], []]);
        // A name of digits and dots would be read as another way to write an address.
        expect(isIP(host) !== 0 || /[a-z:-]/i.test(host)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('PORT', () => {
  test.each(['0', '1', '8787', '65535', '08787'])('may be %s', (PORT) => {
    expect(listening({ PORT })).toMatchObject({ port: Number(PORT), passedOver: [], faults: [] });
  });

  test.each(['tcp://10.0.0.1:80', 'udp://10.0.0.1:53', 'http://127.0.0.1:8080'])(
    'is the value of another program if it is %s: the server listens on its default, and says so',
    (PORT) => {
      expect(listening({ PORT })).toEqual({
        ...{ host: '127.0.0.1', port: 8_787, faults: [] },
        passedOver: [
          'PORT is set to the URL of another program, not to a port, so calloff listens on 8787. To listen elsewhere, set PORT to a number.',
        ],
      });
    },
  );

  test.each(['-1', '1.5', '1e3', '0x10', '65536', 'http', '8 0', '\u0663', '\\\\.\\pipe\\node'])(
    'keeps a server from starting where it is %j',
    (PORT) => {
      expect(listening({ PORT })).toMatchObject({
        port: 8_787,
        faults: ['PORT must be a whole number from 0 to 65535'],
      });
    },
  );
});

test('what is empty, or left open by a host of MCP bundles, is not set', () => {
  for (const text of ['', ' ', '\u0024{user_config.port}'])
    expect(listening({ HOST: text, PORT: text })).toEqual(listening({}));
});
