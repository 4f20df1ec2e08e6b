import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { createToken, hmacOf } from '../../shared/access/api-token.ts';
import type { Action, CallerKind } from '../../shared/access/caller.ts';
import { type Asked, httpApiEvent } from './events.ts';
import type { Lambda } from './lambda.ts';
import type { LambdaStage } from './lambda-harness.ts';

const pepper = 'canary-pepper-of-more-than-32-characters';

/** A caller as the configuration has it. */
interface CallerEntry {
  readonly kind: CallerKind;
  readonly may: { readonly connections: readonly string[]; readonly actions: readonly Action[] } & Readonly<
    Record<string, unknown>
  >;
}

/** Somebody who may do everything. */
export const boss: CallerEntry = {
  kind: 'person',
  may: { connections: ['*'], actions: ['list', 'cancel', 'confirm', 'audit'] },
};

/**
 * Puts callers with a token each into the secrets of a stage, and gives ways to ask as one of them. No environment may
 * write a token anywhere.
 */
export function configureCallers<Name extends string>(
  harness: LambdaStage,
  callers: Readonly<Record<Name, CallerEntry>>,
  more: object = {},
) {
  const tokens = new Map(Object.keys(callers).map((name) => [name, createToken()]));
  for (const { token } of tokens.values()) harness.hide(token);
  const write = (revoked: readonly string[] = []) => {
    const entries = Object.entries<CallerEntry>(callers).map(([name, entry]) => {
      const { token = '', id = '' } = tokens.get(name) ?? {};
      return [
        name,
        { ...entry, tokens: revoked.includes(name) ? [] : [{ id, hmac: hmacOf(token, pepper) }] },
      ];
    });
    harness.secrets.set('calloff/config', JSON.stringify({ callers: Object.fromEntries(entries), ...more }));
  };
  const authorized = (name: string, asked: Asked): Asked => ({
    requestId: randomUUID(),
    ...asked,
    headers: { authorization: `Bearer ${tokens.get(name)?.token}`, ...asked.headers },
  });
  harness.secrets.set('calloff/pepper', pepper);
  harness.secrets.set('calloff/token', undefined);
  write();
  return {
    tokenOf: (name: Name) => tokens.get(name)?.token ?? '',
    /** Writes the configuration anew, in which the tokens of some are revoked. */
    revoke: (...names: readonly Name[]) => write(names),
    /** Asks the HTTP API. */
    async ask(name: Name, asked: Asked, environment?: Lambda) {
      const { status, headers, text } = await harness.invoke(
        httpApiEvent(authorized(name, asked)),
        environment,
      );
      return { status, headers, body: JSON.parse(text) };
    },
    /** Calls a tool over MCP, and gives what it told, or where that is nothing but text, the text. */
    async call(name: Name, tool: string, given: object, environment?: Lambda) {
      const params = { name: tool, arguments: given };
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params });
      const headers = { accept: 'application/json, text/event-stream' };
      const asked = authorized(name, { method: 'POST', path: '/mcp', headers, body });
      const answer = await harness.invoke(httpApiEvent(asked), environment);
      expect(answer.status).toBe(200);
      const { result } = JSON.parse(answer.text);
      return result.structuredContent ?? result.content[0].text;
    },
  };
}
