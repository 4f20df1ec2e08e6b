import { inCode } from '../cards/escape.ts';
import type { RefusalCode } from '../inbound/authorize.ts';
import type { CommandFault } from '../inbound/command-text.ts';
import type { FormFault } from '../inbound/form.ts';
import type { SlackIdentity } from '../inbound/identity.ts';

/** What is wrong with a command, in Slack's markup, with what the person typed in code font. */
export function faultSentence(fault: CommandFault): string {
  switch (fault.code) {
    case 'unknown_word':
      return `${inCode(fault.word)} is neither a provider nor a command.${meant(fault.nearest)}`;
    case 'misspelt_provider':
      return `${inCode(fault.word)} stands where a job id is expected.${meant(fault.nearest)}`;
    case 'no_jobs':
      return `No job id follows ${inCode(fault.word)}. Name at least one.`;
    case 'unexpected_word':
      return `${inCode(fault.word)} is not expected here.`;
    case 'age_missing':
      return `${inCode(fault.word)} must be followed by an age, such as \`30m\`, \`2h\` or \`1d\`.`;
    case 'value_missing':
      return `${inCode(fault.word)} must be followed by a value: \`owner ada\`, \`target qpu-1\`, \`label team=ml\`.`;
    case 'mention':
      return `${inCode(fault.word)} is a person or a channel, not a job.`;
    default:
      return wordless[fault.code];
  }
}

/** Why a person is not admitted, in Slack's markup, and what to ask an administrator for. */
export const refusals: Record<RefusalCode, (who: SlackIdentity) => string> = {
  unreadable: () => 'calloff cannot read its configuration, so it admits no one. Ask its administrator.',
  not_set_up: ({ team, app }) =>
    `calloff is not set up for Slack yet. Ask its administrator to add a section \`slack\` with ${ids({ team_id: team, app_id: app })} to its configuration.`,
  other_team: ({ team }) => `calloff is set up for another workspace, not for ${inCode(team)}.`,
  other_app: ({ app }) => `calloff is set up for another Slack app, not for ${inCode(app ?? '')}.`,
  other_channel: ({ channel }) =>
    `calloff does not take commands in this channel. Ask its administrator to add ${inCode(channel)} to \`slack.channels\` in its configuration.`,
  unknown_person: ({ team, user }) =>
    `calloff does not know you yet. Ask its administrator to add you to a caller in its configuration, under \`slack\`: ${ids({ team_id: team, user_id: user })}.`,
  foreign_person: ({ team }) =>
    `You belong to another workspace. calloff takes commands only from members of ${inCode(team)}.`,
};

function ids(named: Readonly<Record<string, string | undefined>>): string {
  return inCode(JSON.stringify(named));
}

const wordless = {
  too_long:
    'The command is too long. Name fewer jobs. On the command line, `calloff cancel PROVIDER - < ids.txt` calls off up to 100,000, and `POST /v1/operations` does so over HTTP.',
  no_confirmation: 'Add the id of the confirmation: `/calloff confirm ID`.',
  reason_missing: 'Write a reason after `because`.',
  reason_invalid: 'A reason must have at most 200 characters, without invisible control characters.',
  reason_not_taken: 'Only a command that calls off jobs takes a reason.',
  several_providers: 'Name one provider, or none to list the jobs of all.',
} as const satisfies Partial<Record<CommandFault['code'], string>>;

function meant(nearest: string | undefined): string {
  return nearest === undefined ? '' : ` Did you mean ${inCode(nearest)}?`;
}

/** Why a signed post cannot be used, for the log and the person who set the app up. */
export const formFaults: Record<FormFault, string> = {
  too_large: 'The post is too large.',
  not_a_form: 'The post is not a form in UTF-8.',
  duplicate_field: 'The post names a field twice.',
  missing_field: 'The post lacks a field that Slack documents, or a field has a wrong form.',
};

/** Answers that only the person who sets the app up reads, or an attacker: they do not depend on what was sent. */
export const httpFaults = {
  notSigned:
    'The request is not signed by Slack for this installation, or its time is more than five minutes off.',
  tooLarge: 'The post is too large.',
  onlyPost: 'Only POST is allowed here.',
  unreadable: 'calloff cannot read its Slack signing secret at the moment. Nothing was done.',
  busy: 'calloff cannot take more work at the moment.',
} as const;
