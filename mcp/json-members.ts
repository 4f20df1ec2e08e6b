import { endOfString, keyIn } from '../shared/lib/json-scan.ts';

/** The texts of the values of an object's members, by key. `undefined`: the text breaks off in it, or the key is there again with another value. */
type JsonMembers = ReadonlyMap<string, string | undefined>;

/**
 * Reads members of the object that a JSON text is, without parsing the text: in one pass, and in the memory of what is named. The
 * text may break off. What is found in a text that is not JSON is meaningless.
 */
export function membersNamed(text: string, names: ReadonlySet<string>): JsonMembers {
  const found = new Map<string, string | undefined>();
  let depth = 0;
  let string = '';
  let key: string | undefined;
  let valueStart = 0;
  let isAgain = false;
  let before: string | undefined;
  const endMember = (end: number) => {
    if (key === undefined) return;
    const value = text.slice(valueStart, end).trim();
    if (!isAgain || before === value) found.set(key, value);
    key = undefined;
  };
  for (let index = 0; index < text.length; index += 1) {
    switch (text[index]) {
      case '"': {
        const end = endOfString(text, index);
        if (depth === 1 && key === undefined) string = text.slice(index + 1, end);
        index = end;
        break;
      }
      case '[':
        // A list has no members, and what is in it is none of the object.
        if (depth === 0) return found;
        depth += 1;
        break;
      case '{':
        depth += 1;
        break;
      case ']':
      case '}':
        if (depth === 1) endMember(index);
        depth -= 1;
        if (depth <= 0) return found;
        break;
      case ',':
        if (depth === 1) endMember(index);
        break;
      case ':': {
        if (depth !== 1 || key !== undefined) break;
        const name = keyIn(string);
        if (!names.has(name)) break;
        key = name;
        valueStart = index + 1;
        isAgain = found.has(name);
        before = found.get(name);
        found.set(name, undefined);
        break;
      }
    }
  }
  return found;
}
