import { invalid, ok, type Result } from '../../contract/result.ts';

/** How the secrets of an installation are called: by a prefix and what they are for, or by ARN. */
export interface SecretNaming {
  /** What their names begin with, such as `calloff-prod/`. */
  readonly secretPrefix: string;
  /** The ARNs of those that have another name or are of another account, by what they are for. */
  readonly secretArns?: ReadonlyMap<string, string> | undefined;
}

/** What Secrets Manager is asked for: for `ionq` the ARN that was given for it, otherwise `<prefix>ionq`. */
export function secretName({ secretPrefix, secretArns }: SecretNaming, what: string): string {
  return secretArns?.get(what) ?? secretPrefix + what;
}

const named = /^([a-z][a-z0-9-]*)=(arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]+)$/;

/** Reads `ionq=arn:…,config=arn:…`. A secret of another account is found by its whole ARN only. */
export function parseSecretArns(text: string): Result<ReadonlyMap<string, string>> {
  const entries = text.split(',').flatMap((each) => {
    const [, what, arn] = named.exec(each.trim()) ?? [];
    return what === undefined || arn === undefined ? [] : [[what, arn] as const];
  });
  const arns = new Map(entries);
  return arns.size === text.split(',').length
    ? ok(arns)
    : invalid('', 'must name each secret once, as in ionq=arn:aws:secretsmanager:…, with commas between');
}
