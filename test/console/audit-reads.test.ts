import { describe, expect, it } from 'vitest';
import { isNoRead } from '../../console/model/place.js';

const decision = 'allowed';

describe('the entries of the audit that are no reads', () => {
  it.each([
    { action: 'cancel', decision },
    { action: 'confirm', step: 'offered', decision },
    { action: 'confirm', step: 'approved', decision },
    { action: 'cancel', step: 'create', decision },
    { action: 'notify', decision },
    { action: 'list', decision: 'refused' },
  ] as const)('have %o', (entry) => {
    expect(isNoRead(entry)).toBe(true);
  });

  it.each([
    { action: 'list', decision },
    { action: 'audit', decision },
    { action: 'confirm', decision },
    { action: 'confirm', step: 'shown', decision },
    { action: 'list', step: 'read', decision },
  ] as const)('do not have %o', (entry) => {
    expect(isNoRead(entry)).toBe(false);
  });
});
