/** Where calloff or a twin differs from the document of a provider, and why that stays so. */
export interface Deviation {
  readonly why: string;
  /** As the referee says it. Each must occur. */
  readonly found: readonly string[];
}

/** The providers whose documents are referees. */
export const refereed = [
  'anthropic',
  'aws-batch',
  'databricks',
  'gemini',
  'github-actions',
  'hugging-face',
  'ibm-quantum',
  'openai-batch',
  'openai-fine-tuning',
  'replicate',
] as const;

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

const awsJobs = ['POST /v1/describejobs', 'POST /v1/listjobs', 'POST /v1/terminatejob'] as const;
const runs = '/repos/{owner}/{repo}/actions/runs';
const noTime = 'is null and must be integer';
const huggingFaceJobs = [
  'GET /api/jobs/{namespace} 200: /*/',
  'GET /api/jobs/{namespace}/{jobId} 200: /',
  'POST /api/jobs/{namespace}/{jobId}/cancel 200: /',
] as const;

/** By the names of the documents, which are those of the providers. */
export const deviations: Readonly<Record<(typeof refereed)[number], readonly Deviation[]>> = {
  anthropic: [],
  'aws-batch': [
    {
      why: 'A refused signature and too many requests are in no operation of the model, but among its common errors.',
      found: [
        ...at(awsJobs, [' 403: the document has no such answer']),
        'POST /v1/describejobs 429: the document has no such answer',
      ],
    },
    {
      why: 'The model requires a start of jobs that have none yet; no client insists on it.',
      found: ["POST /v1/describejobs 200: /jobs/* must have required property 'startedAt'"],
    },
  ],
  databricks: [],
  gemini: [],
  'github-actions': [
    answersTo({
      [`GET ${runs}`]: [401],
      [`GET ${runs}/{run_id}`]: [401, 404, 429],
      [`POST ${runs}/{run_id}/cancel`]: [401, 404],
    }),
    {
      why: 'The filter `startup_failure` is in no REST enum, but in https://cli.github.com/manual/gh_run_list.',
      found: [`GET ${runs}: query status must be equal to one of the allowed values`],
    },
  ],
  'hugging-face': [
    {
      why: 'The npm client has the stages of Spaces and the people of repositories; those of Jobs are in huggingface_hub.',
      found: at(huggingFaceJobs, [
        'durations is not in the document',
        'status/stage must be equal to one of the allowed values',
        "initiator must have required property 'name'",
        'initiator/type must be equal to one of the allowed values',
      ]),
    },
  ],
  'ibm-quantum': [
    answersTo({ 'GET /jobs/{id}': [429] }),
    {
      why: 'Answers of the API that the tests of qBraid quote have numbers and a solution there.',
      found: at(
        [
          'GET /jobs/{id} 404: /errors/*/',
          'POST /jobs/{id}/cancel 404: /errors/*/',
          'POST /jobs/{id}/cancel 409: /errors/*/',
        ],
        ['code must be string', 'solution is not in the document'],
      ),
    },
  ],
  'openai-batch': [
    answersTo({
      'GET /batches': [401],
      'GET /batches/{batch_id}': [401, 404, 429],
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
      'GET /fine_tuning/jobs/{fine_tuning_job_id}': [401, 404, 429],
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
      'GET /predictions/{prediction_id}': [401, 404, 429],
      'POST /predictions/{prediction_id}/cancel': [401, 404],
    }),
    {
      why: 'The cursor is what the document calls the address of the next page, without its host: calloff follows no address.',
      found: ['GET /predictions: query cursor is not in the document'],
    },
  ],
};
