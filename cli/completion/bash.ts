import { type CompletedCommand, commandKeyOf, optionPatterns, subcommandsIn } from './words.ts';

/** A completion script for bash 3.2 and newer. */
export function bashScript(commands: readonly CompletedCommand[]): string {
  return `# bash completion for calloff
_calloff() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} path='' index
  COMPREPLY=()
  for ((index = 1; index < COMP_CWORD; index++)); do
    case "$path \${COMP_WORDS[index]}" in
${subcommandsIn(commands)
  .map((command) => `      '${commandKeyOf(command)}') path="$path \${COMP_WORDS[index]}" ;;`)
  .join('\n')}
    esac
  done
  case "$path:$before" in
${commands.flatMap(optionValues).join('\n')}
  esac
  case "$path" in
${commands.map(wordsOf).join('\n')}
  esac
}
complete -o default -F _calloff calloff
`;
}

/** What may follow an option; nothing if it is free text. */
function optionValues(command: CompletedCommand): string[] {
  return optionPatterns(command).map(({ pattern, values }) => {
    const reply = values.length === 0 ? '' : ` COMPREPLY=($(compgen -W '${values.join(' ')}' -- "$word"));`;
    return `    ${pattern})${reply} return ;;`;
  });
}

function wordsOf(command: CompletedCommand): string {
  const flags = command.options.flatMap((option) => option.flags);
  const words = [...command.children.map(({ name }) => name), ...command.values];
  const pattern = `'${commandKeyOf(command)}'`;
  return `    ${pattern})
      if [[ $word == -* ]]; then COMPREPLY=($(compgen -W '${flags.join(' ')}' -- "$word"))
      else COMPREPLY=($(compgen -W '${words.join(' ')}' -- "$word")); fi ;;`;
}
