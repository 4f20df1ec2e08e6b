import { createServer } from 'node:https';

/** Of a pair that nothing but these tests knows, made for them and good for a hundred years. Nobody trusts it. */
const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgE8agH9ezvVDfr39B
gFtsIDCHCpBbKOJM992WrDIahMuhRANCAAScvHMFjDX+zeEuzFnTAbpgx0xBS860
mEPVOp+lNxN3B/GM7buFqUIz14ihm3/0Glm2hvgWX93SzsV4YRZauGRZ
-----END PRIVATE KEY-----`;

const cert = `-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIUZFAkBL9HGVDeH72wSfnhvZ9AK60wCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyODA3NTcxOFoYDzIxMjYxMTA0
MDc1NzE4WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAScvHMFjDX+zeEuzFnTAbpgx0xBS860mEPVOp+lNxN3B/GM7buFqUIz
14ihm3/0Glm2hvgWX93SzsV4YRZauGRZo28wbTAdBgNVHQ4EFgQUWLG+ZTRo8XIx
D+/hZhHZErxY+/UwHwYDVR0jBBgwFoAUWLG+ZTRo8XIxD+/hZhHZErxY+/UwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSAAwRQIgTBLjAZYrk2iheYkiaHFeoi/6Vaxq39SrnZoQbX5AwRcCIQCM
rI+sOun6ayXEWo2EFV1aBTHEaPlVas50VNQ1pyW04w==
-----END CERTIFICATE-----`;

/** An HTTPS server on loopback whose certificate nobody trusts. It keeps count of the requests that arrived. */
export async function startUntrusted() {
  const arrived: string[] = [];
  const server = createServer({ key, cert }, (request, response) => {
    arrived.push(request.url ?? '');
    response.end('{}');
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server did not get a TCP port');
  return {
    url: `https://localhost:${address.port}`,
    arrived,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
