import { createRequire } from 'node:module';

/*
 * Loaded before what npm runs here (`node --import`): says in a sentence what is missing, where there would be a stack
 * trace. In JavaScript, because a Node that is too old runs nothing else.
 */

function isInstalled() {
  try {
    createRequire(import.meta.url).resolve('zod');
    return true;
  } catch {
    return false;
  }
}

/** Whether a Node of this version runs TypeScript as it is: https://nodejs.org/api/typescript.html#type-stripping */
function runsTypeScript(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 23 || (major === 23 && minor >= 6) || (major === 22 && minor >= 18);
}

function whatIsMissing(version) {
  if (!isInstalled())
    return 'What calloff is made of is not installed: run "npm ci --include=dev", then this again. (Where NODE_ENV is "production", "npm ci" alone leaves it out.)';
  if (!runsTypeScript(version))
    return `calloff needs Node 22.18 or newer to run from its source, and this is Node ${version}. "npm ci" brings one along, unless install scripts are switched off (ignore-scripts): run "npm rebuild node --ignore-scripts=false", then this again.`;
  return undefined;
}

const sentence = whatIsMissing(process.versions.node);
if (sentence !== undefined) {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}
