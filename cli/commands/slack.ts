import { type Command, InvalidArgumentError } from 'commander';
import { readManifestUrl, slackManifest } from '../../functions/slack/manifest.ts';
import { InvalidValue } from '../../shared/config/settings.ts';

/** `calloff slack manifest` */
export function addSlack(program: Command): void {
  program
    .command('slack')
    .description('set up the Slack app')
    .command('manifest')
    .description('print the manifest to create the Slack app from, as JSON')
    .requiredOption(
      '--url <url>',
      'where Slack reaches this installation, such as https://api.example.com',
      checkedUrl,
    )
    .action(({ url }: { readonly url: string }) => {
      process.stdout.write(`${JSON.stringify(slackManifest(url), null, 2)}\n`);
    });
}

function checkedUrl(text: string): string {
  const url = readManifestUrl(text);
  if (url instanceof InvalidValue) throw new InvalidArgumentError(`It ${url.message}.`);
  return url;
}
