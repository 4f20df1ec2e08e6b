import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { parseManifestUrl, slackManifest, slackPaths } from '../../functions/slack/manifest.ts';
import { runInProcess } from '../support/process/in-process.ts';
import { bareEnvironment } from '../support/process/run.ts';

const url = (path: string) => z.literal(`https://calloff.example/prod${path}`);

/**
 * What Slack's own manifest schema says of the fields that we use: required ones, types, lengths, and nothing besides.
 * @see https://github.com/slackapi/manifest-schema/blob/main/schemas/manifest.schema.1.0.0.json
 */
const published = z.strictObject({
  display_information: z.strictObject({
    name: z.string().min(1).max(35),
    description: z.string().min(1).max(140),
    background_color: z.string().regex(/^#[0-9a-fA-F]{6}$/),
  }),
  features: z.strictObject({
    bot_user: z.strictObject({ display_name: z.string().min(1).max(80), always_online: z.boolean() }),
    slash_commands: z
      .array(
        z.strictObject({
          command: z.string().regex(/^\//).min(2).max(32),
          url: url(slackPaths.commands),
          description: z.string().min(1).max(2_000),
          usage_hint: z.string().min(1).max(1_000),
          should_escape: z.boolean(),
        }),
      )
      .length(1),
  }),
  oauth_config: z.strictObject({
    scopes: z.strictObject({ bot: z.tuple([z.literal('commands'), z.literal('incoming-webhook')]) }),
  }),
  settings: z.strictObject({
    interactivity: z.strictObject({ is_enabled: z.literal(true), request_url: url(slackPaths.interactions) }),
    org_deploy_enabled: z.literal(false),
    socket_mode_enabled: z.literal(false),
    token_rotation_enabled: z.literal(false),
  }),
});

describe('the manifest of the Slack app', () => {
  it('is one that the published schema takes, and asks for no right but commands and the incoming webhook', () => {
    expect(published.safeParse(slackManifest('https://calloff.example/prod')).error).toBeUndefined();
  });

  it('is printed by the command, for the URL that is named', async () => {
    const args = ['slack', 'manifest', '--url', 'https://calloff.example/prod/'];
    const { code, stdout } = await runInProcess(args, { env: bareEnvironment({}) });
    expect(JSON.parse(stdout)).toEqual(slackManifest('https://calloff.example/prod'));
    expect(code).toBe(0);
  });

  it.each([[], ['--url', 'http://127.0.0.1:8787'], ['--url', 'calloff.example']].map((args) => [args]))(
    'is not printed with %j, and the exit code is 2',
    async (args) => {
      const { code, stdout, stderr } = await runInProcess(['slack', 'manifest', ...args], {
        env: bareEnvironment({}),
      });
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toContain('--url');
    },
  );

  it.each([
    'http://calloff.example',
    'http://localhost:1',
    'https://me@calloff.example',
    'https://calloff.example?x',
    '',
  ])('is for no URL such as %j', (text) => {
    expect(parseManifestUrl(text)).toMatchObject({ ok: false });
  });
});
