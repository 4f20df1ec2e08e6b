import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import * as z from 'zod';

/** The least that one would write: a server of the SDK with one tool, which checks, cancels and checks a job of Sutro. */
const { BASE_URL = '', API_KEY = '' } = process.env;
const headers = { authorization: `Key ${API_KEY}`, accept: 'application/json' };
const server = new McpServer({ name: 'bare', version: '1' });

server.registerTool('cancel_job', { inputSchema: { job_id: z.string() } }, async ({ job_id }) => {
  await ask(`/jobs/${job_id}`);
  await ask(`/job-cancel/${job_id}`, 'POST');
  return { content: [{ type: 'text', text: await ask(`/jobs/${job_id}`) }] };
});
await server.connect(new StdioServerTransport());

async function ask(path: string, method = 'GET'): Promise<string> {
  return (await fetch(BASE_URL + path, { method, headers })).text();
}
