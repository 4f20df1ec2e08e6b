import { type RunningServer, startServer } from '../../functions/http/server.ts';
import { settingsToListen } from '../../functions/serve.ts';
import { logToStderr } from '../../shared/lib/log.ts';
import { openLocal } from '../../shared/local-gateway.ts';
import { answerQuestions } from '../operations/child.ts';

/** What `calloff serve` runs, in a process that says what it takes. Its settings are in its environment. */
let server: RunningServer | undefined;

answerQuestions({
  async start() {
    const settings = settingsToListen();
    server = await startServer(settings, await openLocal(settings, { log: logToStderr }), logToStderr);
    return server.url;
  },
  /** Processor time so far in microseconds, and the memory in bytes. */
  usage() {
    const { user, system } = process.cpuUsage();
    return { cpuMicros: user + system, rss: process.memoryUsage.rss() };
  },
  stop: () => server?.stop(),
});
