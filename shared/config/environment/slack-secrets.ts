import type { EnvironmentReader } from '../environment-reader.ts';
import { fileForm } from '../secrets/secret-file.ts';
import { variables } from '../variables.ts';

/** The settings of the Slack app, if there is one. */
export interface SlackSecrets {
  /** The signing secret and, while it is rotated, the one before. None: there is no Slack app. */
  readonly signingSecrets: readonly string[];
  /** Where to post the requests that wait for a confirmation: a secret. */
  readonly webhookUrl?: string | undefined;
  /** A loopback origin instead of Slack's own, for tests. */
  readonly responseOrigin?: string | undefined;
}

/** Reads them. Says what contradicts itself to the reader. */
export function readSlack(reader: EnvironmentReader): SlackSecrets {
  const current = reader.read(variables.signingSecret);
  const previous = reader.read(variables.previousSigningSecret);
  const { name } = variables.signingSecret;
  const isThere = [name, fileForm(name)].some((each) => reader.environment[each] !== undefined);
  if (!isThere && previous !== undefined)
    reader.faults.push('SLACK_SIGNING_SECRET_PREVIOUS needs SLACK_SIGNING_SECRET. Set both, or unset it');
  return {
    signingSecrets: [current, previous].filter((secret) => secret !== undefined),
    webhookUrl: reader.read(variables.slackWebhookUrl),
    responseOrigin: reader.read(variables.responseOrigin),
  };
}
