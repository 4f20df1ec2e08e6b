/*
 * Cancels the jobs that CI started for a branch: those with "ci:BRANCH:" in their name. No branch can have a colon in its
 * name, so the batch of "fix" is not taken for that of "fix-2". Ends with 0 if every job is over, and with 1 if not.
 */
const { CALLOFF_URL: url, CALLOFF_TOKEN: token, CALLOFF_PROVIDER: provider, BRANCH: branch } = process.env;
const mark = `ci:${branch}:`;

function stop(sentence) {
  console.error(sentence);
  process.exit(1);
}

async function cancel(request) {
  const response = await fetch(new URL('/v1/jobs/cancel', url), {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify(request),
  });
  if (!response.ok) stop(`calloff answers ${response.status}: ${await response.text()}`);
  return response.json();
}

// A selector cancels nothing at first: calloff answers with the jobs that match, and a token that confirms exactly these.
const offer = await cancel({
  selector: { provider, name: mark },
  reason: `branch ${branch} was deleted`.slice(0, 200),
});
// calloff ignores case in names, and branches do not.
const others = offer.outcomes.filter(({ name }) => !name?.includes(mark));
if (others.length > 0)
  stop(`${others.length} jobs may be of another branch than ${branch}. Nothing was sent.`);

const { confirmation } = offer;
const { outcomes } = confirmation
  ? await cancel({ confirmation_token: confirmation.confirmation_token })
  : offer;
for (const { provider, job_id, outcome, message } of outcomes)
  console.log(`${outcome}: ${provider} ${job_id}. ${message}`);
for (const { message } of offer.unavailable ?? []) console.log(`Not seen: ${message}`);

const final = ['cancelled', 'already_cancelled', 'already_finished'];
const over = outcomes.filter(({ outcome }) => final.includes(outcome));
console.log(`${over.length} of ${outcomes.length} jobs of ${branch} are over.`);
process.exitCode = over.length === outcomes.length && !offer.unavailable?.length ? 0 : 1;
