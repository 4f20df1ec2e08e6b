import { callTool } from './call-tool.ts';
import type { ToolLoader } from './server.ts';
import { listTools } from './tools/index.ts';

/**
 * The tools, loaded with the module: for a process that serves more than MCP over standard input and output. In the bundle
 * of a Lambda function a part that is loaded later would put a wrapper around each of its modules.
 */
export const loadedTools: ToolLoader = {
  list: async () => ({ listTools }),
  call: async () => ({ callTool }),
};
