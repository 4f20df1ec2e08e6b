import { parseBaseUrl } from '../../shared/config/values.ts';
import { invalid, type Result } from '../../shared/contract/result.ts';
import { frontSentences } from './wording/front-sentences.ts';

/** The paths below the base URL that Slack posts to. */
export const slackPaths = { commands: '/slack/commands', interactions: '/slack/interactions' } as const;

/** The base URL for Slack: like any base URL, but always `https`, because Slack accepts no other. */
export function parseManifestUrl(text: string): Result<string> {
  const url = parseBaseUrl(text);
  if (!url.ok || url.value.startsWith('https://')) return url;
  return invalid('', 'must begin with https://, because Slack posts to no other URL');
}

/**
 * The app manifest for an installation at `baseUrl`. Answers go to response URLs, which need no scope; `incoming-webhook` lets
 * calloff post the requests that wait to one channel, which the person who installs the app picks. calloff keeps no token, so it needs no token rotation, which could not be turned off again.
 * @see https://docs.slack.dev/reference/app-manifest
 */
export function slackManifest(baseUrl: string) {
  return {
    display_information: {
      name: 'calloff',
      description: frontSentences.manifestDescription,
      background_color: '#7a1f1f',
    },
    features: {
      bot_user: { display_name: 'calloff', always_online: false },
      slash_commands: [
        {
          command: '/calloff',
          url: `${baseUrl}${slackPaths.commands}`,
          description: frontSentences.manifestCommand,
          usage_hint: frontSentences.manifestUsage,
          should_escape: false,
        },
      ],
    },
    oauth_config: { scopes: { bot: ['commands', 'incoming-webhook'] } },
    settings: {
      interactivity: { is_enabled: true, request_url: `${baseUrl}${slackPaths.interactions}` },
      org_deploy_enabled: false,
      socket_mode_enabled: false,
      token_rotation_enabled: false,
    },
  };
}
