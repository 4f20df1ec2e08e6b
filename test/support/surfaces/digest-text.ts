/** What the text of a digest says, read back: all but the outcomes that nothing came to. */
export function readDigest(text: string) {
  const lines = text.split('\n');
  const [, jobs, counted, request_id] =
    /^(\d+) jobs?: (?:nothing to cancel|whether .* is not known|(\d.*))\. Request (\S+)\.$/.exec(
      lines[0] ?? '',
    ) ?? [];
  const row =
    /^(?<outcome>\w+)(?: \((?<code>\w+)\))?: (?<provider>\S+) (?<job_id>\S+) \((?<state>\w+)(?:, retry_after_seconds (?<retry_after_seconds>\d+))?\)$/;
  const number = (pattern: RegExp) => Number(pattern.exec(text)?.[1] ?? 0);
  const rest = lines.slice(1).filter((line) => !/^\d+ duplicates|^… and/.test(line));
  return {
    jobs: Number(jobs),
    request_id,
    counts: Object.fromEntries(
      counted?.split(', ').map((part) => [part.split(' ')[1] ?? '', Number(part.split(' ')[0])]) ?? [],
    ),
    duplicates: number(/^(\d+) duplicates/m),
    omitted: number(/^… and (\d+) more\.$/m),
    outcomes: rest.flatMap((line) => {
      const groups = row.exec(line)?.groups;
      if (groups === undefined) return [];
      const { retry_after_seconds: seconds, code, ...words } = groups;
      return [
        {
          ...words,
          ...(code === undefined ? {} : { code }),
          ...(seconds === undefined ? {} : { retry_after_seconds: Number(seconds) }),
        },
      ];
    }),
    notes: rest.filter((line) => !row.test(line) && !line.startsWith('Next: ')),
    next_steps: rest.filter((line) => line.startsWith('Next: ')).map((line) => line.slice(6)),
  };
}
