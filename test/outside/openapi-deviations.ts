/** Where calloff or a twin differs from the document of a provider, and why that stays so. */
export interface Deviation {
  readonly why: string;
  /** As the referee says it. Each must occur. */
  readonly found: readonly string[];
}

/** Each of these faults at each of these places. */
function at(places: readonly string[], faults: readonly string[]): readonly string[] {
  return places.flatMap((place) => faults.map((fault) => `${place}${fault}`));
}

/** Answers that a document does not have, by their statuses, to these requests. */
function answersTo(operations: Readonly<Record<string, readonly number[]>>): Deviation {
  return {
    why: 'The document has hardly an error; clients and recordings show these.',
    found: Object.entries(operations).flatMap(([operation, statuses]) =>
      statuses.map((status) => `${operation} ${status}: the document has no such answer`),
    ),
  };
}

const runs = '/repos/{owner}/{repo}/actions/runs';
const noTime = 'is null and must be integer';

/** By the names of the documents, which are those of the providers. */
export const deviations = {
  'github-actions': [
    answersTo({
      [`GET ${runs}`]: [401],
      [`GET ${runs}/{run_id}`]: [401, 404],
      [`POST ${runs}/{run_id}/cancel`]: [401, 404],
    }),
    {
      why: 'The filter `startup_failure` is in no REST enum, but in https://cli.github.com/manual/gh_run_list.',
      found: [`GET ${runs}: query status must be equal to one of the allowed values`],
    },
  ],
  'openai-batch': [
    answersTo({
      'GET /batches': [401],
      'GET /batches/{batch_id}': [401, 404],
      'POST /batches/{batch_id}/cancel': [401, 404, 409],
    }),
    {
      why: 'The document leaves out what a batch does not have; recorded batches have a null there.',
      found: [
        ...at(
          [
            'GET /batches 200: /data/*/',
            'GET /batches/{batch_id} 200: /',
            'POST /batches/{batch_id}/cancel 200: /',
          ],
          [
            `cancelled_at ${noTime}`,
            `completed_at ${noTime}`,
            'error_file_id is null and must be string',
            'errors is null and must be object',
            `expired_at ${noTime}`,
            `failed_at ${noTime}`,
            `finalizing_at ${noTime}`,
            `in_progress_at ${noTime}`,
            'model is null and must be string',
            'output_file_id is null and must be string',
          ],
        ),
        ...at(['GET /batches 200: /data/*/', 'GET /batches/{batch_id} 200: /'], [`cancelling_at ${noTime}`]),
      ],
    },
  ],
  'openai-fine-tuning': [
    answersTo({
      'GET /fine_tuning/jobs': [401],
      'GET /fine_tuning/jobs/{fine_tuning_job_id}': [401, 404],
      'POST /fine_tuning/jobs/{fine_tuning_job_id}/cancel': [400, 401, 404],
    }),
    {
      why: 'Its schema lacks the suffix, its examples have it.',
      found: at(
        [
          'GET /fine_tuning/jobs 200: /data/*/',
          'GET /fine_tuning/jobs/{fine_tuning_job_id} 200: /',
          'POST /fine_tuning/jobs/{fine_tuning_job_id}/cancel 200: /',
        ],
        ['user_provided_suffix is not in the document'],
      ),
    },
  ],
  replicate: [
    answersTo({
      'GET /predictions': [401],
      'GET /predictions/{prediction_id}': [401, 404],
      'POST /predictions/{prediction_id}/cancel': [401, 404],
    }),
    {
      why: 'The cursor is what the document calls the address of the next page, without its host: calloff follows no address.',
      found: ['GET /predictions: query cursor is not in the document'],
    },
  ],
} as const satisfies Readonly<Record<string, readonly Deviation[]>>;

/** The providers whose documents there are. */
export const refereed = ['github-actions', 'openai-batch', 'openai-fine-tuning', 'replicate'] as const;
