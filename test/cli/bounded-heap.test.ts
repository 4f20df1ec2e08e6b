import { describe, expect, it } from 'vitest';
import { boundHeap, heapOptions, type ServerProcess } from '../../cli/bounded-heap.ts';

const gigabyte = 2 ** 30;
/** As V8 has it on a machine with 16 GB. */
const large = 4 * gigabyte;
const options = ['--max-semi-space-size=8', '--max-old-space-size=768'];

function serverWith(more: Partial<ServerProcess> = {}) {
  const started: (readonly string[])[] = [];
  const execve = (file: string, args: readonly string[]) => void started.push([file, ...args]);
  const argv = ['/bin/node', '/calloff/main.ts', 'serve'];
  const server = { execPath: '/bin/node', execArgv: ['--import', './ready.js'], argv, env: {}, execve };
  return { server: { ...server, ...more }, started };
}

describe('the heap of a server', () => {
  it('is bounded if V8 has gigabytes of room', () => {
    expect(heapOptions({ execArgv: [], env: {} }, large)).toEqual(options);
  });

  it('is left alone if V8 has little room, because more must not be promised', () => {
    expect(heapOptions({ execArgv: [], env: {} }, 768 * 2 ** 20)).toEqual([]);
    expect(heapOptions({ execArgv: [], env: {} }, gigabyte / 2)).toEqual([]);
  });

  it.each(['--max-old-space-size=4096', '--max_semi_space_size=16', '--max-heap-size=256'])(
    'is as the operator has bounded it with %s',
    (chosen) => {
      expect(heapOptions({ execArgv: ['--import', './ready.js', chosen], env: {} }, large)).toEqual([]);
      const env = { NODE_OPTIONS: `--no-warnings ${chosen}` };
      expect(heapOptions({ execArgv: [], env }, large)).toEqual([]);
    },
  );

  it('is bounded whatever else the operator has set', () => {
    const env = { NODE_OPTIONS: '--no-warnings --max-http-header-size=9000' };
    expect(heapOptions({ execArgv: [], env }, large)).toEqual(options);
  });
});

describe('a server', () => {
  it('starts anew with these options before its own, and with its arguments', () => {
    const { server, started } = serverWith();
    boundHeap(server, large);
    const args = ['/bin/node', ...options, '--import', './ready.js', '/calloff/main.ts', 'serve'];
    expect(started).toEqual([['/bin/node', ...args]]);
  });

  it('starts no second time', () => {
    const { server, started } = serverWith({ execArgv: options });
    boundHeap(server, large);
    expect(started).toEqual([]);
  });

  it('does not start anew if that would cut it off from the process that forked it', () => {
    const { server, started } = serverWith({ channel: {} });
    boundHeap(server, large);
    expect(started).toEqual([]);
  });

  it('goes on as it is if a process cannot be replaced, or only with a right that it lacks', () => {
    const { execve: _, ...onWindows } = serverWith().server;
    expect(() => boundHeap(onWindows, large)).not.toThrow();
    const execve = () => {
      throw new Error('Access to this API has been restricted');
    };
    expect(() => boundHeap(serverWith({ execve }).server, large)).not.toThrow();
  });
});
