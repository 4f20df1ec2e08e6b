import {
  type CompletedCommand,
  type CompletedOption,
  commandKeyOf,
  optionPatterns,
  subcommandsIn,
} from './words.ts';

/** A completion script for zsh, for `source` or for a file `_calloff` on `fpath`. */
export function zshScript(commands: readonly CompletedCommand[]): string {
  return `#compdef calloff
_calloff() {
  local key='' index
  for ((index = 2; index < CURRENT; index++)); do
    case "$key \${words[index]}" in
${subcommandsIn(commands)
  .map((command) => `      '${commandKeyOf(command)}') key="$key \${words[index]}" ;;`)
  .join('\n')}
    esac
  done
  case "$key:\${words[CURRENT-1]}" in
${commands.flatMap(optionValues).join('\n')}
  esac
  local -a names flags
  case "$key" in
${commands.map(wordsOf).join('\n')}
  esac
  if [[ \${words[CURRENT]} == -* ]]; then _describe 'option' flags
  elif (( \${#names} )); then _describe 'word' names
  else _files; fi
}
if [[ \${funcstack[1]} == _calloff ]]; then _calloff; else compdef _calloff calloff; fi
`;
}

function optionValues(command: CompletedCommand): string[] {
  return optionPatterns(command).map(({ pattern, values }) => {
    const reply = values.length === 0 ? '_files' : `compadd ${values.join(' ')}`;
    return `    ${pattern}) ${reply}; return ;;`;
  });
}

function wordsOf(command: CompletedCommand): string {
  const names = [
    ...command.children.map(({ name, description }) => described(name, description)),
    ...command.values.map((value) => quoted(value)),
  ];
  return `    '${commandKeyOf(command)}')
      names=(${names.join(' ')})
      flags=(${command.options.flatMap(describedFlags).join(' ')}) ;;`;
}

function describedFlags({ flags, description }: CompletedOption): string[] {
  return flags.map((flag) => described(flag, description));
}

function described(word: string, description: string): string {
  return quoted(`${word}:${description}`);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
