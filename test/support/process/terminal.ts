/** Loaded before a program by `--import`: its pipes pass for the terminal of a person. */
for (const stream of [process.stdin, process.stdout, process.stderr])
  Object.defineProperty(stream, 'isTTY', { value: true });
