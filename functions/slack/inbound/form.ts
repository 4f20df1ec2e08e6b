/** Why a signed body cannot be used. */
export type FormFault = 'too_large' | 'not_a_form' | 'duplicate_field' | 'missing_field';

/** The value read from a form, or the fault. */
export type FormReading<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly fault: FormFault };

/** The largest body, in bytes. A button press carries its whole message, at most some 100 kB. */
export const largestForm = 1_000_000;

/** Slack sends some fifteen. */
const mostFields = 100;

/** The fields of a form post. Never throws: a body that is not UTF-8, or names a field twice, is a fault. */
export function readForm(body: Uint8Array): FormReading<ReadonlyMap<string, string>> {
  if (body.byteLength > largestForm) return { ok: false, fault: 'too_large' };
  const text = decode(body);
  if (text === undefined) return { ok: false, fault: 'not_a_form' };
  const pairs = text.split('&', mostFields + 1);
  if (pairs.length > mostFields) return { ok: false, fault: 'not_a_form' };
  const fields = new Map<string, string>();
  for (const pair of pairs.filter((part) => part !== '')) {
    const at = pair.includes('=') ? pair.indexOf('=') : pair.length;
    const name = decodeField(pair.slice(0, at));
    const value = decodeField(pair.slice(at + 1));
    if (name === undefined || value === undefined) return { ok: false, fault: 'not_a_form' };
    if (fields.has(name)) return { ok: false, fault: 'duplicate_field' };
    fields.set(name, value);
  }
  return { ok: true, value: fields };
}

/** Whether Slack only checks that the server answers over TLS. Such a post is signed, but requests nothing. */
export function isProbe(form: ReadonlyMap<string, string>): boolean {
  return form.get('ssl_check') === '1';
}

function decode(body: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    return undefined;
  }
}

function decodeField(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}
