import type { ContentfulStatusCode } from 'hono/utils/http-status';

/** The faults of a sign-in and of a session, which only an app with a console can answer with. Types are stable. */
export const consoleProblems = {
  'wrong-token': {
    status: 401,
    title: 'This token is not valid: it is mistyped, expired or revoked. Check it, or ask for a new one.',
  },
  'used-link': { status: 401, title: 'This link was used already, or is too old. Sign in with your token.' },
  'foreign-site': {
    status: 403,
    title: 'The request comes from a page of another site, or does not say from where. Nothing was done.',
  },
  'insecure-site': {
    status: 403,
    title:
      'This page was reached without TLS, so no browser would keep its session. Open it by https, or at http://127.0.0.1 on its own machine.',
  },
  'agent-session': {
    status: 403,
    title: 'The token of an agent does not open the console. Sign in with the token of a person.',
  },
  'sign-in-too-large': { status: 413, title: 'The body is larger than 4 KB. Nothing was done.' },
} as const satisfies Record<string, { status: ContentfulStatusCode; title: string }>;
