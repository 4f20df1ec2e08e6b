import type { CompletedCommand, CompletedOption } from './words.ts';

/** A completion script for zsh, for `source` or for a file `_calloff` on `fpath`. */
export function zshScript(commands: readonly CompletedCommand[]): string {
  return `#compdef calloff
_calloff() {
  local key='' index
  for ((index = 2; index < CURRENT; index++)); do
    case "$key \${words[index]}" in
${commands
  .filter(({ path }) => path.length > 0)
  .map((command) => `      '${keyOf(command)}') key="$key \${words[index]}" ;;`)
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

function keyOf({ path }: CompletedCommand): string {
  return path.map((part) => ` ${part}`).join('');
}

function optionValues(command: CompletedCommand): string[] {
  return command.options
    .filter(({ takesValue, values }) => takesValue || values.length > 0)
    .map(({ flags, values }) => {
      const patterns = flags.map((flag) => `'${keyOf(command)}:${flag}'`).join('|');
      const reply = values.length === 0 ? '_files' : `compadd ${values.join(' ')}`;
      return `    ${patterns}) ${reply}; return ;;`;
    });
}

function wordsOf(command: CompletedCommand): string {
  const names = [
    ...command.children.map(({ name, description }) => described(name, description)),
    ...command.values.map((value) => quoted(value)),
  ];
  return `    '${keyOf(command)}')
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
