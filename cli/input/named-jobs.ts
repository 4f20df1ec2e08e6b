import { jobsInFile } from './job-file.ts';
import { readJobIds } from './job-ids.ts';
import { type Input, readFileText, readInputText } from './text.ts';

/** What a command line says about the jobs that it is for. */
export interface Naming {
  readonly provider: string | undefined;
  readonly ids: readonly string[];
  /** The file that names jobs; `-` is standard input. */
  readonly from: string | undefined;
}

/** The jobs that a command line names, with their lines if they are from a file, or why they cannot be used. */
export type NamedJobs =
  | {
      readonly ok: true;
      readonly jobs: readonly { readonly provider: string; readonly job_id: string }[];
      readonly lines?: readonly number[];
    }
  | { readonly ok: false; readonly why: readonly string[] };

/** Reads the jobs that a command line names: by their ids, on standard input, or in a file. */
export async function readNamedJobs({ provider, ids, from }: Naming, input: Input): Promise<NamedJobs> {
  if (from === undefined) return jobsByIds(provider, ids, input);
  if (ids.length > 0) return wrong('Give either ids or --from.');
  const read = from === '-' ? await readInputText(input) : await readFileText(from);
  if (!read.ok) return wrong(read.why);
  const file = jobsInFile(read.text, provider);
  if (!file.ok) return file;
  return {
    ok: true,
    jobs: file.jobs.map(({ line: _, ...job }) => job),
    lines: file.jobs.map(({ line }) => line),
  };
}

async function jobsByIds(
  provider: string | undefined,
  named: readonly string[],
  input: Input,
): Promise<NamedJobs> {
  if (provider === undefined) return wrong("Missing required argument 'provider'.");
  if (named.length === 0)
    return wrong(
      "Missing required argument 'id': name jobs, or pick them with --from, --state, --name, --owner, --target, --label, --older-than or --newer-than.",
    );
  const read = await readJobIds(named, input);
  return read.ok ? { ok: true, jobs: read.ids.map((job_id) => ({ provider, job_id })) } : wrong(read.why);
}

function wrong(why: string): NamedJobs {
  return { ok: false, why: [why] };
}
