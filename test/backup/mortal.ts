import { systemClock } from '../../shared/lib/clock.ts';
import { copyStore } from '../../shared/store/backup/copy-store.ts';
import { type Disk, systemDisk } from '../../shared/store/backup/disk.ts';
import { restoreStore } from '../../shared/store/backup/restore-store.ts';

/**
 * A process that kills itself in the middle of a backup or a restore: before its first step at the disk at point 0, after it at
 * point 1, before its second at point 2, and so on. Without a point it lives. It says how many points it passed.
 */
const [task = '', folder = '', file = '', point = ''] = process.argv.slice(2);
let passed = 0;
const pass = () => {
  if (`${passed}` === point) process.kill(process.pid, 'SIGKILL');
  passed += 1;
};

function step<Args extends readonly unknown[]>(work: (...args: Args) => void): (...args: Args) => void {
  return (...args) => {
    pass();
    work(...args);
    pass();
  };
}

const disk: Disk = {
  copy: step(systemDisk.copy),
  link: step(systemDisk.link),
  rename: step(systemDisk.rename),
  remove: step(systemDisk.remove),
  syncFile: step(systemDisk.syncFile),
  syncFolder: step(systemDisk.syncFolder),
};

process.stdout.write('begun\n');
const done =
  task === 'backup'
    ? copyStore(folder, file, { disk })
    : await restoreStore({
        ...{ folder, file, disk, clock: systemClock, force: task === 'restore-by-force' },
        async settle({ store }) {
          pass();
          await store.append([{ at: 9, requestId: 'settled', part: 'a', body: 'x' }]);
          pass();
        },
      });
process.stdout.write(JSON.stringify({ ok: done.ok, passed }));
