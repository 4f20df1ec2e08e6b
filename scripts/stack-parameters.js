import { refusal } from './refusal.js';

const wholeNumber = (least, most) => ({
  is: (text) => /^\d{1,6}$/.test(text) && Number(text) >= least && Number(text) <= most,
  must: `must be a whole number from ${least} to ${most}`,
});
const oneOf = (...words) => ({ is: (text) => words.includes(text), must: `must be ${words.join(' or ')}` });
const matching = (form, must) => ({ is: (text) => form.test(text), must });
/** Another script reads it, and says what is wrong with it. */
const readElsewhere = { is: () => true, must: '' };
const listOf = (one) => new RegExp(`^(?:${one}(?:,${one})*)?$`);

/** Every parameter of the stack, and its form. */
const forms = {
  secretPrefix: matching(/^[A-Za-z0-9/_+=.@-]{1,200}$/, 'must be letters, digits or any of / _ + = . @ -'),
  secretArns: readElsewhere,
  secretsKmsKeyArns: matching(
    listOf(String.raw`arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[\w-]+`),
    'must be ARNs of KMS keys, which end in key/ and an id; an alias is not enough',
  ),
  connections: readElsewhere,
  alarmTopicArn: matching(
    /^(?:arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]+)?$/,
    'must be the ARN of an SNS topic',
  ),
  throttlingRate: wholeNumber(1, 10_000),
  throttlingBurst: wholeNumber(1, 5_000),
  reservedConcurrency: wholeNumber(1, 10_000),
  mcpBudgetSeconds: wholeNumber(5, 25),
  console: oneOf('on', 'off'),
  metrics: oneOf('on', 'off'),
  publicUrl: matching(/^(?:https:\/\/[^\s?#]+)?$/, 'must be an https URL without query'),
  confirmAbove: wholeNumber(0, 10_000),
  // SQS takes no fewer.
  workerConcurrency: wholeNumber(2, 1_000),
  operationsConcurrency: readElsewhere,
  table: matching(/^(?:[A-Za-z0-9_.-]{3,255})?$/, 'must be the name of a DynamoDB table'),
  tableDeletionProtection: oneOf('true', 'false'),
};

/** How many letters differ between two words, with an exchange counted as two. */
function distance(one, other) {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [index, letter] of [...one].entries()) {
    const next = [index + 1];
    for (let at = 0; at < other.length; at += 1)
      next.push(Math.min(row[at + 1] + 1, next[at] + 1, row[at] + (other[at] === letter ? 0 : 1)));
    row = next;
  }
  return row[other.length];
}

function unknownName(name) {
  const known = Object.keys(forms);
  const [nearest] = known
    .map((each) => ({ each, far: distance(name.toLowerCase(), each.toLowerCase()) }))
    .toSorted((a, b) => a.far - b.far);
  const meant = nearest.far <= 4 ? ` Did you mean "${nearest.each}"?` : '';
  return `"${name}" is no parameter of this stack, so it would change nothing.${meant} There are: ${known.join(', ')}`;
}

/**
 * For serverless.yml: checks the parameters of a deployment, because osls ignores an unknown one, and a function that gets a
 * wrong value starts no more. Gives the names that there are.
 * @throws {Error} naming each parameter that is unknown or has not its form.
 */
export const checked = async ({ options, resolveVariable }) => {
  const given = (options.param ?? []).map((each) => each.split('=', 1)[0]);
  const faults = given.filter((name) => !(name in forms)).map(unknownName);
  for (const [name, { is, must }] of Object.entries(forms)) {
    const isAbsent = name === 'reservedConcurrency' && !given.includes(name);
    const value = isAbsent ? undefined : String(await resolveVariable(`param:${name}`));
    if (value !== undefined && !is(value)) faults.push(`${name} ${must}, and is "${value}"`);
  }
  if (faults.length > 0) throw refusal(faults.join('\n'));
  return Object.keys(forms);
};
