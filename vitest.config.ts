import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Where the processes of the tests, and all that they start, keep their compiled code, so that the many of them begin sooner. */
const { NODE_COMPILE_CACHE = join(tmpdir(), 'calloff-test-compile-cache') } = process.env;
Object.assign(process.env, { NODE_COMPILE_CACHE });

/** What an own adapter imports: calloff itself gives it that by a hook of Node, which these tests do not import by. */
const resolve = {
  alias: { 'calloff/adapter': fileURLToPath(new URL('shared/adapter-exports.ts', import.meta.url)) },
};

/** These measure time. */
const timed = ['test/scale/{audit,event-loop,mcp}.test.ts'];
/** Quick and pure, or alone with what they make: threads take them, and load every module once. They need neither packages nor referees. */
const unit = [
  'test/*.test.ts',
  'test/{access,console,contract,probes}/**/*.test.ts',
  'test/torture/judge.test.ts',
  'test/config/!(configuration*|secrets-manager).test.ts',
  'test/config/configuration-*.test.ts',
  'test/providers/{attributes,errors,job-ids,openai-api,options,pages,reading}.test.ts',
  'test/http/*.test.ts',
  'test/webhooks/!(signature).test.ts',
  'test/guard/{approved,confirmation,reads,selectors}.test.ts',
  'test/store/{sabotage,with-deadline}.test.ts',
  'test/slack/{cards,clock-steps,command-text,decoration,in-process-queue,pictures,readers,response-url,verify,work}.test.ts',
  'test/truth/{attempt-history,call-time,causes,classify,clock-steps,judge,list-pages,one-look,outcome-rows,resend}.test.ts',
  'test/cli/{audit-windows,exported-lines,job-file,job-ids,operation-progress,outcome-report,table,terminal}.test.ts',
  'test/mcp/{call-limit,call-progress,message,person,results}.test.ts',
  'test/sandbox/{job,fault-book}.test.ts',
  'test/surfaces/{answer-size,job-entries}.test.ts',
];
/** These drive a browser, and are skipped where there is none: the first in every run, all by `npm run test:browser`. */
const browserFirst = ['test/browser/{accessible,keyboard}.test.ts'];
const browserRest = ['test/browser/!(accessible|keyboard).test.ts'];
const soak = ['test/soak/**/*.test.ts'];
/** These try in a soak all of what they else try a part of: see test/support/thorough.ts. */
export const thorough = [
  'test/access/{caller-rate-limiter,policy,waiting}.test.ts',
  'test/{long-json,names}.test.ts',
  'test/audit/{content,reader}.test.ts',
  'test/aws/{access,bundle,console-bundle,cost,mcp-bundle,operations-bundle,secrets,slack-bundle,table,template,ways-in,worker-bundle}.test.ts',
  'test/backup/{commands,copy-store,kill}.test.ts',
  'test/browser/{accessible,bulk,keyboard}.test.ts',
  'test/cli/{against-a-server,audit,audit-export,audit-windows,cli,configuration,exported-lines,interrupt,operations,operations-at-a-server,own-adapter,pseudo-terminal,server-faults,table,token,unwritable}.test.ts',
  'test/config/configuration.test.ts',
  'test/contract/{laws,shapes}.test.ts',
  'test/http/{adaptive-rate-limiter,documented-limit,hold,learned-state,operation-turns,rate-limiter-pace,shared-limit}.test.ts',
  'test/guard/{agent,allowance,approved,confirmation,matrix,one-store,reads,told}.test.ts',
  'test/functions/{openapi-answers,operation-routes,page,policy-headers,serve,sessions,ways-in}.test.ts',
  'test/mcp/{end,http,message,progress,results,stdio,tokens,traps,truth,unreadable}.test.ts',
  'test/operations/durability.test.ts',
  'test/outside/openapi.test.ts',
  'test/package/{bundle,image,packed}.test.ts',
  'test/probes/{counts,exposition}.test.ts',
  'test/project/{any-name,documented-commands,examples,one-machine,ready,release,try-it,two-callers}.test.ts',
  'test/slack/{cards,process-task,routes,truth}.test.ts',
  'test/scale/{audit,event-loop,kill,mcp,requests,slack,soak,thousand-jobs,turns}.test.ts',
  'test/stop/stop.test.ts',
  'test/providers/hostile-length.test.ts',
  'test/sandbox/{answer-faults,job-faults,sandbox}.test.ts',
  'test/store/{dynamodb,laws,sqlite,sqlite-file}.test.ts',
  'test/surfaces/{answer-size,hostile-ids,lists,no-list,table}.test.ts',
  'test/truth/{call-time,causes,clock-steps,faults,in-air,leave,list-pages,one-look,passing,random,rules}.test.ts',
  'test/work/{beside-others,cost,crash-loops,crash-points,following,other-host,pause,selector,several-workers}.test.ts',
];

/** What takes longest although it keeps the machine least busy, the longest first, and what is long and small. Every second file to begin is one of these. */
const slow = [
  /aws\/table/,
  /surfaces\/store-trouble|truth\/(passing|rules)/,
  /aws\/(mcp|operations|worker)-bundle|cli\/cli\.|mcp\/progress|stop\/stop|functions\/ways-in/,
  /scale\/(slack|turns)|surfaces\/(table|lists)|functions\/serve|cli\/(audit|unwritable)/,
  /aws\/|truth\/faults|package\/packed|project\/any-name|cli\/pseudo-terminal|mcp\/truth/,
  // Small files, which a machine that has never run them would begin last.
  /store\/(laws|sqlite-lock)|truth\/(random|list-patience)|scale\/kill|outside\/(openapi\.|mcp-referees)/,
];

const waiting = (specification: TestSpecification) =>
  slow.findIndex((pattern) => pattern.test(specification.moduleId));

/** Begins what waits beside what keeps the machine busy, so that neither the time nor the machine is wasted. */
class SideBySide extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const busy = sorted.filter((file) => waiting(file) === -1);
    const slowest = sorted
      .filter((file) => waiting(file) !== -1)
      .toSorted((one, other) => waiting(one) - waiting(other));
    const pairs = Array.from({ length: Math.max(busy.length, slowest.length) }, (_, index) => [
      slowest[index],
      busy[index],
    ]);
    return pairs.flat().filter((file) => file !== undefined);
  }
}

/** Tests that measure time run after the others, one by one: so nothing of ours disturbs them, nor they others. See scripts/test.ts. */
export default defineConfig({
  test: {
    sequence: { sequencer: SideBySide },
    projects: [
      {
        resolve,
        test: {
          name: 'unit',
          include: unit,
          pool: 'threads',
          isolate: false,
          testTimeout: 30_000,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        resolve,
        test: {
          name: 'suite',
          include: ['test/**/*.test.ts'],
          exclude: ['**/node_modules/**', ...unit, ...timed, ...browserRest, ...soak],
          globalSetup: 'test/browser/say-if-none.ts',
          isolate: false,
          testTimeout: 30_000,
          hookTimeout: 60_000,
          maxWorkers: 6,
          sequence: { groupOrder: 1 },
        },
      },
      {
        resolve,
        test: {
          name: 'browser',
          provide: { isThorough: true },
          include: [...browserFirst, ...browserRest],
          globalSetup: 'test/browser/say-if-none.ts',
          testTimeout: 30_000,
          hookTimeout: 60_000,
          // As long as Playwright waits for an element: see test/browser/chromium.ts.
          expect: { poll: { timeout: 12_000 } },
          maxWorkers: 2,
          sequence: { groupOrder: 4 },
        },
      },
      {
        test: {
          name: 'timed',
          include: timed,
          // Each in a process of its own: what another has left in memory would slow it down.
          isolate: true,
          testTimeout: 60_000,
          maxWorkers: 1,
          sequence: { groupOrder: 3 },
        },
      },
      {
        resolve,
        test: {
          name: 'soak',
          include: [...soak, ...thorough],
          provide: { isThorough: true },
          testTimeout: 300_000,
          hookTimeout: 60_000,
          maxWorkers: 1,
          sequence: { groupOrder: 4 },
        },
      },
    ],
  },
});
