import { commandPost, signatureOf } from '../../test/support/slack/requests.ts';

/** A signed command as an HTTP API hands it over, which is in Base64. */
export function slackEvent(signingSecret: string): object {
  const body = commandPost();
  const timestamp = `${Math.floor(Date.now() / 1_000)}`;
  const headers = {
    host: 'api.example.com',
    'content-type': 'application/x-www-form-urlencoded',
    'x-slack-request-timestamp': timestamp,
    'x-slack-signature': signatureOf(body, signingSecret, timestamp),
  };
  const encoded = { body: Buffer.from(body).toString('base64'), isBase64Encoded: true };
  return { ...httpEvent('/slack/commands', ''), headers, ...encoded };
}

/** A POST as an HTTP API hands it over. */
export function httpEvent(path: string, bearer: string, message?: object): object {
  return {
    version: '2.0',
    routeKey: `POST ${path}`,
    rawPath: path,
    rawQueryString: '',
    headers: {
      authorization: `Bearer ${bearer}`,
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      host: 'api.example.com',
    },
    requestContext: {
      domainName: 'api.example.com',
      http: { method: 'POST', path },
      requestId: 'JKJaXmPLvHcESHA=',
      stage: '$default',
    },
    ...(message === undefined ? {} : { body: JSON.stringify(message) }),
    isBase64Encoded: false,
  };
}
