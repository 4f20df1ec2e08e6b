import { faultSchema } from './faults/fault.ts';
import { twinNames, twins, usualTwins } from './providers/index.ts';

/** What the control server says of itself. */
export function controlHelp(url: string): string {
  return `The calloff sandbox: pretend providers (${twinNames.join(', ')}) on this machine.
Nothing here reaches a real provider.

See the newest jobs as they truly are, and what was asked of a provider:
  curl '${url}/ionq/jobs?limit=10'
  curl '${url}/sutro/journal?limit=10'

Add a job, or many:
  curl ${url}/ionq/jobs -d '{"name": "my job", "state": "running", "finishesInMs": 60000}'
  curl ${url}/promptloop/jobs -d '{"count": 100, "state": "queued", "rowsQueued": 50}'

Let something go wrong (kinds: ${kinds.join(', ')}):
  curl ${url}/ionq/faults -d '{"kind": "reset_after_effect", "operations": ["cancel"], "times": 1}'
  curl ${url}/sutro/faults -d '{"kind": "says_yes_keeps_running"}'
  curl ${url}/ionworks/faults -d '{"kind": "status", "status": 503, "probability": 0.2, "seed": 7}'
  curl ${url}/promptloop/faults -d '{"kind": "rate_limited", "retryAfter": {"seconds": 2}, "times": 1, "perJob": true}'
End all faults of a provider:
  curl -X DELETE ${url}/ionq/faults

Limit how much may be asked (operations: cancel, cancelMany, status, list, statusMany, other):
  curl -X PUT ${url}/ionworks/limits -d '{"cancel": {"perSecond": 5}, "status": {"perMinute": 20, "retryAfter": "date"}}'

Switch between documented behaviours:
${switchLines(url)}

Start over, with nothing in it:
  curl -X POST ${url}/reset
`;
}

function switchLines(url: string): string {
  const lines = usualTwins.flatMap((name) => {
    const { switchExample } = twins[name];
    return switchExample === undefined
      ? []
      : [`  curl -X PUT ${url}/${name}/switches -d '${JSON.stringify(switchExample)}'`];
  });
  return lines.join('\n');
}

const kinds = faultSchema.options.map((option) => option.shape.kind.value);
