/** The oldest Node that has `node:sqlite` without a flag; `engines` in package.json says the same. */
const oldest = { major: 22, minor: 13 };

/** The error for a Node, such as `20.20.2`, that is too old for the store; `undefined` if it is new enough. */
export function nodeFault(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const willDo = major > oldest.major || (major === oldest.major && minor >= oldest.minor);
  return willDo
    ? undefined
    : `Error: calloff needs Node ${oldest.major}.${oldest.minor} or newer, and this is Node ${version}.\nNext step: Install a newer Node, then run the command again.`;
}
