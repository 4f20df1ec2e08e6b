import { type Command, InvalidArgumentError } from 'commander';
import { parseManifestUrl, slackManifest } from '../../functions/slack/manifest.ts';
import { faultText } from '../../shared/contract/result.ts';
import { addExamples } from '../output/help.ts';

/** `calloff slack manifest` */
export function addSlack(program: Command): void {
  const slack = program.command('slack').description('set up the Slack app');
  const manifest = slack
    .command('manifest')
    .description('print the manifest of the Slack app, as JSON')
    .requiredOption('--url <url>', 'the URL at which Slack reaches this installation', checkedUrl)
    .action(({ url }: { readonly url: string }) => {
      process.stdout.write(`${JSON.stringify(slackManifest(url), null, 2)}\n`);
    });
  const line = 'calloff slack manifest --url https://api.example.com > manifest.json';
  for (const each of [slack, manifest]) addExamples(each, [[line, 'write the manifest to a file']]);
}

function checkedUrl(text: string): string {
  const url = parseManifestUrl(text);
  if (!url.ok) throw new InvalidArgumentError(`It ${faultText(url.faults)}.`);
  return url.value;
}
