import type { Command } from 'commander';
import { forgetLogin, loginFile } from '../../shared/config/client/login.ts';
import { addExamples } from '../output/help.ts';

/** `calloff logout` */
export function addLogout(program: Command): void {
  const command = program
    .command('logout')
    .description('remove the token that login has kept; commands use the keys of this machine again')
    .action(logout);
  addExamples(command, [['calloff logout', 'remove the token from this machine']]);
}

async function logout(): Promise<void> {
  const wasThere = await forgetLogin(loginFile());
  process.stdout.write(
    wasThere
      ? 'Logged out. The token itself stays valid until an administrator revokes it: calloff token revoke\n'
      : 'There was no login.\n',
  );
}
