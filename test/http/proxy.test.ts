import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { startSandbox } from '../../sandbox/sandbox.ts';
import { readProxy } from '../../shared/config/proxy-settings.ts';
import { proxyUse, useProxy } from '../../shared/http/proxy.ts';
import { send } from '../../shared/http/send-request.ts';
import { path } from '../../shared/http/url-path.ts';
import { startOrigin } from '../support/network/loopback.ts';
import { privateCertificate, startBehindTls } from '../support/network/private-authority.ts';
import { type ProxyServer, startProxy } from '../support/network/proxy-server.ts';
import { startUntrusted } from '../support/network/untrusted-tls.ts';
import { bareEnvironment, run } from '../support/process/run.ts';
import { freshFolder } from '../support/process/temporary.ts';

const closing: { close(): Promise<void> }[] = [];
afterEach(async () => {
  useProxy(undefined);
  await Promise.all(closing.splice(0).map((each) => each.close()));
});

async function proxy(answer: Parameters<typeof startProxy>[0]): Promise<ProxyServer> {
  const started = await startProxy(answer);
  closing.push(started);
  return started;
}

async function untrusted() {
  const started = await startUntrusted();
  closing.push(started);
  return started;
}

function ask(baseUrl: string) {
  const wire = { fetch, authorization: ['x-api-key', 'key'], timeoutMs: 2_000, now: 0 } as const;
  return send({ method: 'GET', path: path`/jobs/${'j-1'}` }, { ...wire, baseUrl });
}

describe('the proxy of the environment', () => {
  test.each(['HTTPS_PROXY', 'https_proxy'])(
    'is used where %s names it, with the tunnel to the host',
    async (name) => {
      const { url, asked } = await proxy('502 Bad Gateway');
      expect(useProxy(readProxy({ [name]: ` ${url}\n` }))).toBe('used');
      const sent = await ask('https://sutro.invalid');
      expect(sent).toEqual({ kind: 'lost', opened: false, cause: 'proxy' });
      expect(asked).toEqual(['sutro.invalid:443']);
    },
  );

  test('is spoken to with its credentials, and needs no scheme', async () => {
    const { url, credentials } = await proxy('407 Proxy Authentication Required');
    useProxy(readProxy({ HTTPS_PROXY: url.replace('http://', 'ada:secret@') }));
    expect(await ask('https://sutro.invalid')).toEqual({ kind: 'lost', opened: false, cause: 'proxy' });
    expect(credentials).toEqual([`Basic ${Buffer.from('ada:secret').toString('base64')}`]);
  });

  test.each(['NO_PROXY', 'no_proxy'])('is not used for the hosts that %s excepts', async (name) => {
    const { url, asked } = await proxy('502 Bad Gateway');
    useProxy(readProxy({ HTTPS_PROXY: url, [name]: 'other.invalid,.sutro.invalid' }));
    expect(await ask('https://api.sutro.invalid')).toMatchObject({ kind: 'lost', cause: 'name' });
    expect(asked).toEqual([]);
  });

  test('is not used for this machine, whatever else the environment says', async () => {
    const { url, asked } = await proxy('502 Bad Gateway');
    const origin = await startOrigin((_request, response) => response.end('{}'));
    closing.push(origin);
    const { url: secure } = await untrusted();
    useProxy(readProxy({ HTTPS_PROXY: url, HTTP_PROXY: url, NO_PROXY: 'example.com' }));
    expect(await ask(origin.url)).toMatchObject({ kind: 'response' });
    expect(await ask(secure)).toMatchObject({ cause: 'certificate' });
    expect(await ask(secure.replace('localhost', '127.0.0.1'))).toMatchObject({ cause: 'certificate' });
    expect(asked).toEqual([]);
  });

  test('is not used any more once another is named, or none', async () => {
    const [one, other] = [await proxy('502 Bad Gateway'), await proxy('502 Bad Gateway')];
    for (const url of [one.url, other.url, undefined]) {
      useProxy(readProxy({ HTTPS_PROXY: url }));
      await ask('https://sutro.invalid');
    }
    expect([one.asked, other.asked]).toEqual([['sutro.invalid:443'], ['sutro.invalid:443']]);
  });

  test('lets the certificate of the host be told from itself', async () => {
    const { url, arrived } = await untrusted();
    const { url: through, asked } = await proxy({ tunnelTo: Number(new URL(url).port) });
    useProxy(readProxy({ HTTPS_PROXY: through }));
    const sent = await ask('https://sutro.invalid');
    expect(sent).toEqual({ kind: 'lost', opened: false, cause: 'certificate' });
    expect([asked, arrived]).toEqual([['sutro.invalid:443'], []]);
  });

  test.each(['http://127.0.0.1:1', 'http://no-such-proxy.invalid:3128', 'no-such-proxy.invalid:3128'])(
    'is what is told where it cannot be reached: %s',
    async (HTTPS_PROXY) => {
      useProxy(readProxy({ HTTPS_PROXY }));
      expect(await ask('https://sutro.invalid')).toEqual({ kind: 'lost', opened: false, cause: 'proxy' });
    },
  );

  test.each(['garbage garbage', 'socks5://127.0.0.1:1080', 'file:///etc/proxy', 'http://', '://'])(
    'is not used where it is none: %s',
    async (HTTPS_PROXY) => {
      expect(useProxy(readProxy({ HTTPS_PROXY }))).toBe('malformed');
      expect(proxyUse()).toBe('malformed');
      expect(await ask('https://sutro.invalid')).toMatchObject({ cause: 'name' });
    },
  );

  test.each([{}, { HTTPS_PROXY: '' }, { HTTPS_PROXY: ' ' }, { HTTP_PROXY: 'http://127.0.0.1:1' }])(
    'is none where the environment names none: %j',
    async (environment) => {
      expect(useProxy(readProxy(environment))).toBe('none');
      expect(await ask('https://sutro.invalid')).toMatchObject({ cause: 'name' });
    },
  );
});

describe('a command', () => {
  /** Sutro's twin with TLS under a certificate of a private authority, and a job that runs there. */
  async function behindTls() {
    const sandbox = await startSandbox({ control: false });
    const { sutro } = sandbox.providers;
    const tls = await startBehindTls(sutro.baseUrl);
    closing.push(sandbox, tls);
    const folder = freshFolder();
    mkdirSync(folder, { recursive: true });
    const authority = join(folder, 'authority.pem');
    writeFileSync(authority, privateCertificate);
    const id = sutro.addJob({ state: 'running', settlesInMs: 0 });
    const cancel = (env: Readonly<Record<string, string>>) =>
      run(
        'cli/main.ts',
        ['cancel', 'sutro', id, '--json'],
        bareEnvironment({ SUTRO_API_KEY: sutro.apiKey, ...env }),
      );
    return { ...tls, authority, cancel };
  }

  test('cancels through a proxy, at a host with the certificate of a private authority', async () => {
    const { port, arrived, authority, cancel } = await behindTls();
    const { url, asked } = await proxy({ tunnelTo: port });
    const env = { HTTPS_PROXY: url, SUTRO_BASE_URL: 'https://sutro.invalid' };
    const stranger = await cancel(env);
    expect([stranger.code === 0, arrived]).toEqual([false, []]);
    expect(`${stranger.stdout}${stranger.stderr}`).toContain('NODE_EXTRA_CA_CERTS');
    const { code, stdout, stderr } = await cancel({ ...env, NODE_EXTRA_CA_CERTS: authority });
    expect([code, stderr]).toEqual([0, '']);
    const evidence = { source: 'status' };
    expect(JSON.parse(stdout)).toMatchObject({ outcomes: [{ outcome: 'cancelled', evidence }] });
    expect(new Set(asked)).toEqual(new Set(['sutro.invalid:443']));
  });

  test('cancels at a host on this machine with such a certificate without the proxy', async () => {
    const { port, authority, cancel } = await behindTls();
    const { url, asked } = await proxy('502 Bad Gateway');
    const env = { HTTPS_PROXY: url, SUTRO_BASE_URL: `https://localhost:${port}` };
    const { code, stdout } = await cancel({ ...env, NODE_EXTRA_CA_CERTS: authority });
    expect(JSON.parse(stdout)).toMatchObject({ outcomes: [{ outcome: 'cancelled' }] });
    expect([code, asked]).toEqual([0, []]);
  });

  test('asks through the proxy, and doctor says so', async () => {
    const { url, asked } = await proxy('502 Bad Gateway');
    const env = { HTTPS_PROXY: url, SUTRO_API_KEY: 'key', SUTRO_BASE_URL: 'https://sutro.invalid' };
    const { code, stdout, stderr } = await run('cli/main.ts', ['doctor'], bareEnvironment(env));
    expect([code, stderr, asked]).toEqual([1, '', ['sutro.invalid:443']]);
    const { proxy: said, connections } = JSON.parse(stdout);
    expect(said).toContain('through the proxy in HTTPS_PROXY');
    expect(connections.at(-1).checks).toMatchObject([{ result: 'not_asked', cause: 'proxy' }]);
  });

  test('says in one line that it does not use what is no proxy, and works', async () => {
    const env = { HTTPS_PROXY: 'socks5://ada:pass-9f@127.0.0.1:1080' };
    const { code, stdout, stderr } = await run('cli/main.ts', ['list'], bareEnvironment(env));
    expect(stderr).toMatch(/^HTTPS_PROXY is not used: it must be the URL of an HTTP proxy[^\n]*\n$/);
    expect(`${stdout}${stderr}`).not.toContain('pass-9f');
    expect(code).toBe(1);
  });
});
