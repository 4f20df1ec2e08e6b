import { type CompletedCommand, type CompletedOption, commandKeyOf, subcommandsIn } from './words.ts';

/** A completion script for fish. */
export function fishScript(commands: readonly CompletedCommand[]): string {
  return `# fish completion for calloff
function __calloff_at
  set -l key ''
  for word in (commandline -opc)[2..-1]
    switch "$key $word"
${subcommandsIn(commands)
  .map((command) => `      case ${quoted(commandKeyOf(command))}; set key "$key $word"`)
  .join('\n')}
    end
  end
  test "$key" = "$argv[1]"
end
${commands.flatMap(linesOf).join('\n')}
`;
}

function linesOf(command: CompletedCommand): string[] {
  const condition = `complete -c calloff -n ${quoted(`__calloff_at ${quoted(commandKeyOf(command))}`)}`;
  const free = command.children.length > 0 || command.values.length > 0 ? ' -f' : '';
  return [
    ...command.children.map(
      ({ name, description }) => `${condition} -f -a ${name} -d ${quoted(description)}`,
    ),
    ...(command.values.length > 0 ? [`${condition}${free} -a ${quoted(command.values.join(' '))}`] : []),
    ...command.options.map((option) => `${condition} ${optionText(option)}`),
  ];
}

function optionText({ flags, description, takesValue, values }: CompletedOption): string {
  const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
  const value = values.length > 0 ? ` -x -a ${quoted(values.join(' '))}` : takesValue ? ' -r' : '';
  return `${names.join(' ')}${value} -d ${quoted(description)}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
