/** Stands in the form of a {@link MintedAuth} for the connection's key. */
export const secret: unique symbol = Symbol.for('calloff secret');

/** The key itself, in one header, after `prefix`. */
export interface HeaderAuth {
  readonly kind?: 'header';
  readonly header: string;
  readonly prefix: string;
}

/**
 * AWS Signature Version 4. The connection's key is a JSON with the access key, as `{"accessKeyId", "secretAccessKey",
 * "sessionToken"?}` or with the names that AWS's own tools use, or the word `role`: then each request is signed with the
 * access key that the environment variables of the process hold at that time, as Lambda sets them for its role.
 */
export interface SigV4Auth {
  readonly kind: 'sigv4';
  /** The name that requests are signed for, such as `batch`. */
  readonly service: string;
  readonly region: string;
}

/** A short-lived token, in one header after `prefix`, which the provider makes from the connection's key. */
export interface MintedAuth {
  readonly kind: 'minted';
  readonly header: string;
  readonly prefix: string;
  /** Where tokens are made: an address with https, or a path at the origin of the connection's base URL. */
  readonly url: string;
  /** Sent by POST as a form; the key takes the place of {@link secret}. */
  readonly form: Readonly<Record<string, string | typeof secret>>;
  /** The field of the answer that holds the token. */
  readonly token: string;
  /** The field of the answer that says for how many seconds the token is valid. */
  readonly lifetimeSeconds: string;
}

/** How a connection's key gets onto its requests. The http layer does it all: no adapter sees a key, token or signature. */
export type Auth = HeaderAuth | SigV4Auth | MintedAuth;
