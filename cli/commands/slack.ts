import { type Command, InvalidArgumentError } from 'commander';
import { parseManifestUrl, slackManifest } from '../../functions/slack/manifest.ts';
import { faultText } from '../../shared/contract/result.ts';

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
  const url = parseManifestUrl(text);
  if (!url.ok) throw new InvalidArgumentError(`It ${faultText(url.faults)}.`);
  return url.value;
}
