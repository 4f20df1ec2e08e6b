import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import * as z from 'zod';
import { answerQuestions } from '../../operations/child.ts';
import { claimsOf } from '../../truth/contestants/calloff-answer.ts';
import type { Claim } from '../../truth/score.ts';

/** Callers in a process of their own: each has one connection, on which it sends the next cancel when it has the answer to the last. */
const loadSchema = z.object({
  url: z.string(),
  authorization: z.string(),
  connection: z.string(),
  connections: z.number(),
  ids: z.array(z.string()),
});
type Load = z.infer<typeof loadSchema>;

/** What one call took, in milliseconds, and what was said of its job. */
interface Called {
  readonly id: string;
  readonly ms: number;
  readonly claim: Claim;
}

answerQuestions({
  async run(argument) {
    const load = loadSchema.parse(argument);
    const agent = new Agent({ keepAlive: true, maxSockets: load.connections });
    const ids = load.ids.values();
    const called: Called[] = [];
    const began = performance.now();
    const caller = async () => {
      for (const id of ids) called.push(await cancel(id, load, agent));
    };
    await Promise.all(Array.from({ length: load.connections }, caller));
    const seconds = (performance.now() - began) / 1_000;
    agent.destroy();
    return { seconds, called };
  },
});

async function cancel(id: string, { url, authorization, connection }: Load, agent: Agent): Promise<Called> {
  const began = performance.now();
  const path = `/v1/providers/${connection}/jobs/${id}/cancel`;
  try {
    const answer = await post(new URL(path, url), authorization, agent);
    const [claim = 'nothing'] = claimsOf(JSON.parse(answer), [id]);
    return { id, ms: performance.now() - began, claim };
  } catch {
    return { id, ms: performance.now() - began, claim: 'nothing' };
  }
}

function post(url: URL, authorization: string, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { authorization, 'content-type': 'application/json', 'content-length': 2 };
    const sent = request(url, { method: 'POST', agent, headers }, (response) => {
      text(response).then(resolve, reject);
    });
    sent.once('error', reject);
    sent.end('{}');
  });
}
