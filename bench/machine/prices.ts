/** A machine that can be had for a month. Prices are in US dollars. */
interface Machine {
  readonly name: string;
  readonly memoryBytes: number;
  readonly diskBytes: number;
  readonly dollars: number;
}

const gigabyte = 1_000_000_000;
const gibibyte = 1_073_741_824;

/** The day on which these prices held. */
export const pricesAt = '17 September 2026';
/**
 * Amazon Lightsail with Linux and a public IPv4 address in us-east-1, each with two processors. An hourly rate that ends at this
 * price: so a month costs no more.
 * @see https://docs.aws.amazon.com/lightsail/latest/userguide/amazon-lightsail-bundles.html
 */
const machines: readonly Machine[] = [
  { name: '1 GB', memoryBytes: gibibyte, diskBytes: 40 * gigabyte, dollars: 7 },
  { name: '2 GB', memoryBytes: 2 * gibibyte, diskBytes: 60 * gigabyte, dollars: 12 },
  { name: '4 GB', memoryBytes: 4 * gibibyte, diskBytes: 80 * gigabyte, dollars: 24 },
  { name: '8 GB', memoryBytes: 8 * gibibyte, diskBytes: 160 * gigabyte, dollars: 44 },
];

/** What the system and a proxy in front take beside calloff. */
const besides = { memoryBytes: gibibyte / 2, diskBytes: 10 * gigabyte };
/** For how many months the disk must have room for what the store keeps. */
const months = 12;

/** The smallest machine with room for so much memory, and for a year of a store that grows so much in a month. */
export function smallestMachine(memoryBytes: number, growthBytes: number): Machine | undefined {
  return machines.find(
    (machine) =>
      machine.memoryBytes >= memoryBytes + besides.memoryBytes &&
      machine.diskBytes >= growthBytes * months + besides.diskBytes,
  );
}
