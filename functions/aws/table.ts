import { ConfigurationError } from '../../shared/config/configuration-error.ts';
import { awsRegion } from '../../shared/config/environment/aws-region.ts';
import type { ConfigurationSource } from '../../shared/config/file/reload.ts';
import type { Settings } from '../../shared/config/settings.ts';
import { systemClock as clock } from '../../shared/lib/clock.ts';
import { openDynamoDbStore } from '../../shared/store/dynamodb/store.ts';
import type { Store } from '../../shared/store/store.ts';
import { logToLambda as log } from './log.ts';

/** The value of `CALLOFF_TABLE` for an installation without a table, on purpose: docs/decisions/0007-table.md. */
const none = 'none';

/**
 * The store in the table of the installation; `undefined` if it is set up without one.
 * @throws {ConfigurationError} if the setting is absent.
 */
export function openTable({ table }: Pick<Settings, 'table'>): Store | undefined {
  if (table === undefined) {
    throw new ConfigurationError([
      `CALLOFF_TABLE must name the DynamoDB table for counts, confirmations and the audit, or be ${none} to keep none of them`,
    ]);
  }
  if (table !== none) return openDynamoDbStore({ table, ...awsRegion(), clock });
  log({ level: 'warn', event: 'audit_disabled' });
  return undefined;
}

/** The configuration without a table. It admits no configured callers, because those need counts and an audit. */
export function withoutTable(source: ConfigurationSource): ConfigurationSource {
  let refused: unknown;
  return {
    async current() {
      const configured = await source.current();
      if (configured === 'unreadable' || configured.tokens === 'one') return configured;
      if (refused !== configured) log({ level: 'error', event: 'configuration_needs_table' });
      refused = configured;
      return 'unreadable';
    },
  };
}
