/*
 * An agent that wants to cancel every running job of Sutro. calloff sends nothing until a person has confirmed it. The agent
 * prints the step that the person has to take, and ends with 3. With the id of the confirmation it goes on.
 */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const { CALLOFF_URL: url, CALLOFF_TOKEN: token } = process.env;
const [confirmation] = process.argv.slice(2);

const client = new Client({ name: 'example-agent', version: '1.0.0' });
const headers = { authorization: `Bearer ${token}` };
await client.connect(new StreamableHTTPClientTransport(new URL('/mcp', url), { requestInit: { headers } }));

const { content, structuredContent } = await client.callTool({
  name: 'cancel_jobs',
  arguments: confirmation ? { confirmation } : { selector: { provider: 'sutro', state: 'running' } },
});
await client.close();

console.log(content[0].text);
if (structuredContent?.confirmation) process.exitCode = 3;
