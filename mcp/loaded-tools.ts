import { callTool } from './call-tool.ts';
import type { ToolLoader } from './server.ts';

/**
 * The function that calls tools, loaded with the module, and the list of tools, loaded when a client first asks for it: for
 * a process that serves more than MCP over standard input and output.
 */
export const loadedTools: ToolLoader = {
  list: () => import('./tools/list-tools.ts'),
  call: async () => ({ callTool }),
};
