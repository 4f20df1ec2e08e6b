import { isIP } from 'node:net';
import { invalid, ok, type Result } from '../../contract/result.ts';
import type { ParseValue } from '../values.ts';

/** An address, or the addresses that begin with its first `prefix` bits. */
export interface ProxyAddress {
  readonly address: string;
  readonly family: 'ipv4' | 'ipv6';
  readonly prefix: number;
}

/** Addresses of proxies or of their networks, separated by commas. A network of all addresses would trust every stranger. */
export const parseTrustedProxies: ParseValue<readonly ProxyAddress[]> = (
  text,
): Result<readonly ProxyAddress[]> => {
  const proxies = text.split(',').map((each) => readAddress(each.trim()));
  const known = proxies.filter((each) => each !== undefined);
  return known.length === proxies.length
    ? ok(known)
    : invalid(
        '',
        'must be addresses or networks of proxies with commas between them, such as 10.0.0.7, 10.1.0.0/16',
      );
};

function readAddress(text: string): ProxyAddress | undefined {
  const [, address = '', written] = /^([0-9a-fA-F.:]+)(?:\/([1-9]\d{0,2}))?$/.exec(text) ?? [];
  const version = isIP(address);
  if (version === 0) return undefined;
  const bits = version === 4 ? 32 : 128;
  const prefix = written === undefined ? bits : Number(written);
  return prefix > bits ? undefined : { address, family: version === 4 ? 'ipv4' : 'ipv6', prefix };
}
