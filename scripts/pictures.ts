import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messagePage } from '../test/support/slack/block-kit-html.ts';
import { sampleMessages } from '../test/support/slack/samples.ts';

/** Those that the documentation shows; with `--all`, every sample, to be looked at. */
const documented = ['slack-outcomes', 'slack-list', 'slack-confirmation'];
const folder =
  process.argv.find((argument) => !argument.startsWith('-') && argument.endsWith('/')) ?? 'docs/pictures/';
const all = process.argv.includes('--all');
const chromium = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  existsSync,
);
/** Makes a palette of the colours, which halves a picture; where it is not installed, pictures are larger. */
const pngquant = ['/usr/bin/pngquant'].find(existsSync);
const largestPicture = 60_000;
const width = 720;

/** The height that a page turns out to have, as Chromium measures it. */
function heightOf(file: string, profile: string): number {
  const document = browse(['--dump-dom', `file://${file}`], profile);
  return Number(/data-height="(\d+)"/.exec(document)?.[1] ?? 600);
}

function browse(options: readonly string[], profile: string): string {
  const quiet = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'];
  const offline = ['--disable-background-networking', '--disable-component-update', '--disable-sync'];
  const look = ['--hide-scrollbars', '--disable-lcd-text', `--user-data-dir=${profile}`, ...options];
  return execFileSync(chromium ?? '', [...quiet, ...offline, ...look], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

if (chromium === undefined) {
  process.stderr.write('There is no Chromium here; the pictures stay as they are.\n');
} else {
  const profile = await mkdtemp(join(tmpdir(), 'calloff-pictures-'));
  const measure =
    '<script>document.body.dataset.height = document.querySelector("main").offsetHeight</script>';
  await mkdir(folder, { recursive: true });
  for (const [name, message] of Object.entries(sampleMessages())) {
    if (!all && !documented.includes(name)) continue;
    const page = join(profile, `${name}.html`);
    await writeFile(page, messagePage(message, { U0MAYA: 'maya' }) + measure);
    const picture = join(folder, `${name}.png`);
    const size = `--window-size=${width},${heightOf(page, profile)}`;
    browse([`--screenshot=${picture}`, size, `file://${page}`], profile);
    if (pngquant !== undefined)
      execFileSync(pngquant, ['--force', '--ext', '.png', '--strip', '64', picture]);
    const { size: bytes } = await stat(picture);
    process.stdout.write(`${picture}  ${bytes.toLocaleString('en')} bytes\n`);
    if (bytes > largestPicture) process.exitCode = 1;
  }
  await rm(profile, { recursive: true, force: true });
}
