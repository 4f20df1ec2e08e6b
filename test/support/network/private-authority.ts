import { createServer } from 'node:https';

/** Of a pair that only these tests know, made for them and good for a hundred years. */
const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgFPc/inOsaG1j7+QR
hDxlgJQi8L5kbS2vC6Zhep7EmP2hRANCAASgaMJ2s0Y+sMAgiVwKMfh3KjFuKKvH
595Hc4ITC9oT2SHvk273AVXWatbJLrWcyZ9Viyz9H6wMKIXgGmOhuTOn
-----END PRIVATE KEY-----`;

/** The certificate of a private authority, and of the hosts `sutro.invalid` and `localhost` at once. */
export const privateCertificate = `-----BEGIN CERTIFICATE-----
MIIBvTCCAWSgAwIBAgIUTsw/GYyNB1sq7zIUoctUysWQA9MwCgYIKoZIzj0EAwIw
HjEcMBoGA1UEAwwTYSBwcml2YXRlIGF1dGhvcml0eTAgFw0yNjExMjkwMzM5NTBa
GA8yMTI2MTEwNTAzMzk1MFowHjEcMBoGA1UEAwwTYSBwcml2YXRlIGF1dGhvcml0
eTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABKBownazRj6wwCCJXAox+HcqMW4o
q8fn3kdzghML2hPZIe+TbvcBVdZq1skutZzJn1WLLP0frAwoheAaY6G5M6ejfjB8
MB0GA1UdDgQWBBRgwgL+/7GfUcOkoCrVJba3SDZXgTAfBgNVHSMEGDAWgBRgwgL+
/7GfUcOkoCrVJba3SDZXgTApBgNVHREEIjAggglsb2NhbGhvc3SCDXN1dHJvLmlu
dmFsaWSHBH8AAAEwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNHADBEAiA4
ba91iPX/R+QI2OS9moaCHeSQW9AovLFeS31EOzQKOQIgThzImE6rBWe0J7DUvsVm
eOQdMxgf45x2dPGj2v1D7/Q=
-----END CERTIFICATE-----`;

/** An HTTPS server on loopback under that certificate, which passes on what it is asked to `target`. It keeps the requests that arrived. */
export async function startBehindTls(target: string) {
  const arrived: string[] = [];
  const server = createServer({ key, cert: privateCertificate }, async (request, response) => {
    const { url = '', method = 'GET', headers } = request;
    arrived.push(`${method} ${url}`);
    const { authorization = '' } = headers;
    const body = Buffer.concat(await request.toArray());
    const answer = await fetch(target + url, {
      method,
      headers: { authorization, 'content-type': headers['content-type'] ?? 'application/json' },
      ...(body.length > 0 && { body }),
    });
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    response.end(await answer.text());
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server did not get a TCP port');
  return {
    port: address.port,
    arrived,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
