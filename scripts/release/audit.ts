import { isObject, parseJson } from '../../shared/lib/json.ts';

/** The bill of materials of the bundles, beside their folders: it ships with none of them. */
export const sbomFile = 'sbom.cdx.json';

/** What is known of vulnerabilities in what ships: each finding as a line, or why it could not be asked for. */
export type ShippedAudit =
  | { readonly kind: 'asked'; readonly packages: number; readonly findings: readonly string[] }
  | { readonly kind: 'unknown'; readonly why: string };

/**
 * Reads what "npm audit --json" says of the packages in the bill of materials. It looks at everything that is installed, most of
 * which only makes and tests calloff; what counts is what the bundles hold. Without Zod, because a release installs nothing.
 */
export function auditShipped(bill: string, report: string): ShippedAudit {
  const read = parseJson(report);
  const { vulnerabilities } = isObject(read) ? read : {};
  if (!isObject(vulnerabilities)) return { kind: 'unknown', why: reasonIn(read) };
  const components = listIn(parseJson(bill), 'components');
  const shipped = new Set(
    components
      .flatMap((component) => listIn(component, 'properties'))
      .map((property) => textIn(property, 'value')),
  );
  const findings = Object.entries(vulnerabilities)
    .filter(([, found]) => listIn(found, 'nodes').some((node) => shipped.has(String(node))))
    .map(([name, found]) => `${name} ${textIn(found, 'range')}: ${textIn(found, 'severity')}`);
  return { kind: 'asked', packages: components.length, findings };
}

function reasonIn(read: unknown): string {
  const message = textIn(read, 'message');
  return message === '' ? 'npm audit gave no report' : message;
}

function listIn(value: unknown, name: string): readonly unknown[] {
  const list = isObject(value) ? value[name] : undefined;
  return Array.isArray(list) ? list : [];
}

function textIn(value: unknown, name: string): string {
  const text = isObject(value) ? value[name] : undefined;
  return typeof text === 'string' ? text : '';
}
