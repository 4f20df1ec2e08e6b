import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { leftOpen } from './placeholder.ts';
import { variables } from './variables.ts';

/**
 * Where a server listens. `passedOver`: a sentence for each value that belongs to another program and is ignored.
 * `faults` keep a server from starting. Only servers show them.
 */
export interface Listening {
  readonly host: string;
  readonly port: number;
  readonly passedOver: readonly string[];
  readonly faults: readonly string[];
}

const { default: defaultHost } = variables.host;
const defaultPort = Number(variables.port.default);
const highestPort = 65_535;

/** A host or port, or the sentence instead of it. */
type Read<T> = { readonly value: T } | { readonly passedOver: string } | { readonly fault: string };

/** Reads `HOST` and `PORT`. A value that belongs to another program never makes a server reachable from other machines. */
export function readListening(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  machine: string = hostname(),
): Listening {
  const { HOST, PORT } = environment;
  const reads = [readIfSet(HOST, (text) => readHost(text, machine)), readIfSet(PORT, readPort)] as const;
  const [host, port] = reads;
  const said = (key: 'passedOver' | 'fault') =>
    reads.flatMap((read) => (read !== undefined && key in read ? Object.values(read).map(String) : []));
  return {
    host: host !== undefined && 'value' in host ? host.value : defaultHost,
    port: port !== undefined && 'value' in port ? port.value : defaultPort,
    passedOver: said('passedOver'),
    faults: said('fault'),
  };
}

function readIfSet<T>(given: string | undefined, read: (text: string) => Read<T>): Read<T> | undefined {
  const text = given?.trim() ?? '';
  return text === '' || leftOpen.test(text) ? undefined : read(text);
}

/** The target of a compiler, which conda exports as `HOST`: `x86_64-conda-linux-gnu`. */
const target =
  /^(x86_64|amd64|i[3-6]86|aarch64|arm|powerpc|ppc|s390|riscv|mips|sparc|loongarch|wasm|ia64)\w*(-[\w.]+)+$/i;
const address = /^[A-Za-z0-9.:-]+$/;
/** A short form of an address, which may mean a wider one than intended: `0` is `0.0.0.0`. */
const shorthand = /^(0x[\da-f]*|\d+)?(\.(0x[\da-f]*|\d+)?)*$/i;

function readHost(text: string, machine: string): Read<string> {
  if (isUrl(text) || target.test(text) || isName(text, machine))
    return {
      passedOver: `HOST is set to the value of another program, not to an address, so calloff listens on ${defaultHost}. To listen elsewhere, set HOST to an address.`,
    };
  const valid = address.test(text) && (isIP(text) !== 0 || !shorthand.test(text));
  return valid ? { value: text } : { fault: 'HOST must be an address or a host name' };
}

/** Some shells keep the name of the machine in `HOST`. It resolves to an address that other machines can reach. */
function isName(text: string, machine: string): boolean {
  const [short] = machine.split('.');
  return [machine, short].some((name) => name?.toLowerCase() === text.toLowerCase() && name !== 'localhost');
}

function readPort(text: string): Read<number> {
  if (isUrl(text))
    return {
      passedOver: `PORT is set to the URL of another program, not to a port, so calloff listens on ${defaultPort}. To listen elsewhere, set PORT to a number.`,
    };
  const port = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  return port <= highestPort
    ? { value: port }
    : { fault: `PORT must be a whole number from 0 to ${highestPort}` };
}

/** Docker and Kubernetes set variables to the addresses of other containers: `tcp://10.0.0.1:80`. */
function isUrl(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
}
