import fc from 'fast-check';

/** A request as a client may write it. */
interface HostileRequest {
  readonly id: string | number;
  readonly text: string;
}

const hostileKey = fc.constantFrom(
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'id',
  'method',
  'a',
  '',
);
/** As the key stands in the text: plain, or with its first character escaped. */
const writtenKey = fc.tuple(hostileKey, fc.boolean()).map(([key, isEscaped]) => {
  const [first] = key;
  if (!isEscaped || first === undefined) return JSON.stringify(key);
  return `"\\u${first.charCodeAt(0).toString(16).padStart(4, '0')}${key.slice(1)}"`;
});

const { value } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.oneof(
      fc.constantFrom('1', 'null', '"}"', '"\\\\"', '"\\",\\"id\\":9"', '[]', '{}'),
      fc.string().map((text) => JSON.stringify(text)),
    ),
    fc
      .array(fc.tuple(writtenKey, tie('value')), { maxLength: 4 })
      .map((members) => `{${members.map((member) => member.join(':')).join(',')}}`),
    fc.array(tie('value'), { maxLength: 3 }).map((each) => `[${each.join(', ')}]`),
    // More than any request needs.
    fc.constant('{"id":['.repeat(30) + ']}'.repeat(30)),
  ),
}));

/**
 * Requests with hostile keys in their arguments: some are set on every object, some occur twice, and some are those of the message.
 * The members of the message are in any order.
 */
export const hostileRequest: fc.Arbitrary<HostileRequest> = fc
  .record({
    id: fc.oneof(fc.integer(), fc.string()),
    argument: fc.tuple(writtenKey, value),
    method: fc.constantFrom('tools/call', 'tools/list', 'ping', 'constructor', '__proto__'),
    name: fc.constantFrom('cancel_job', 'list_jobs', 'constructor', '__proto__', 'toString'),
  })
  .chain(({ id, argument, method, name }) => {
    const params = `{"name":${JSON.stringify(name)},"arguments":{${argument.join(':')}}}`;
    const members = [
      '"jsonrpc":"2.0"',
      `"id" : ${JSON.stringify(id)}`,
      `"method":${JSON.stringify(method)}`,
      `"params":${params}`,
    ];
    return fc
      .shuffledSubarray(members, { minLength: members.length })
      .map((ordered) => ({ id, text: `{${ordered.join(',')}}` }));
  });
