import type { LawName } from './laws.ts';

/** What each law guards, and what to do if an adapter breaks it. Read as: the adapter does not keep a law; then this. */
export const hints: { readonly [name in LawName]: string } = {
  'reads every fixture as stated':
    'The fixtures say how each answer is to be read. Correct the adapter, or the reading in the fixtures.',
  'builds every request as stated':
    'The fixtures say which request asks for each answer. Correct the adapter, or the request in the fixtures.',
  'has fixtures for all that it does, and a reason for all that it does not':
    'Give each scenario an exchange, or { notApplicable: why } in more than ten letters, and each kind of request an exchange.',
  'reads the same answer twice in the same way, and changes nothing in it':
    'A reading depends on the answer alone: keep nothing between two, and leave the body as it is.',
  'says that final states reopen if a page of the provider does, and only then':
    'Set reopens in the adapter, reopens.documented in the fixtures, and cite that page in documentation; or none of them.',
  'has a reading for any status and any JSON, and never throws':
    'Parse bodies with safeParse, and end each read with readFailure(response).',
  'never reads an error status or one it does not know as a success':
    'Check the status before the body: only the documented status of a success may be one.',
  'never reads an HTML page or an empty body as an answer':
    'An answer that is not JSON has the body undefined. Demand the documented shape, or read it as readFailure(response).',
  'reads a success that is not shaped as documented as a failure that may have acted':
    'The request may have worked, so that calloff must look again: read accepted and rejected only from a body that says so, and all else with readFailure(response).',
  'asks for another method only if it has one':
    'Read other_method only if cancel.otherMethod gives other options.',
  'takes no error and no unreadable list for a list without jobs':
    'An empty list would say that no job runs. Demand the key of the list, and put noError beside it in the schema.',
  'asks its list by each status that it states':
    'Send each word of list.statuses in the request of a list that is asked for it, or leave list.statuses out.',
  'reads a status word it has never seen as unknown':
    'Look words up in a closed list, by the whole word: the state of any other is unknown, and providerStatus null.',
  'never takes a 404 of anyone else for "no such job"':
    'A proxy, or a wrong base URL, answers 404, too. Read not_found only from the provider\u2019s own sentence: see missingJob.',
  'takes no 403 of anyone else for a word about the key':
    'A firewall answers 403, too. Leave it to readFailure(response), which wants a sentence in the body.',
  'never takes an answer about another job for this one':
    'Compare the id in the answer with the id that was asked for.',
  'says of each job of a bulk cancel one thing at most, and nothing of a job that was not asked for':
    'Keep only ids that were asked for, each in jobIds or in others.',
  'reads a response that rejects the key or limits the pace as nothing else':
    'Hand turnedAway to readFailure(response, turnedAway), in each read, before the body is read.',
  'knows of any response whether it rejects the key or limits the pace':
    'turnedAway must give null, rejected or limited for any response, and never throw; retryAfterMs is null, or 0 and more.',
  'lets no text of a provider into a reading, but for what a job is called, whose it is and what it runs on':
    'Texts of a provider can hold anything. providerStatus must be a word of a closed list, and details hold none.',
  'caps the name of a job and takes out what is not seen': 'Read the name with jobNameField.',
  'caps the owner, the target and the labels of a job and takes out what is not seen':
    'Read owner and target with attributeField, and labels with labelsField.',
  'keeps to the closed list of details':
    'Give only details that adapter.details declares, each in its type: optional(schema) leaves others out.',
  'follows no address found in an answer':
    'Read times with time, and send a cursor as a value of the query: the path stays the same.',
  'refuses every id that could be more than one segment of a path':
    'Use opaqueJobId, uuidJobId or another schema of calloff/adapter as jobId.',
  'gives an id one canonical form, which stays as it is':
    'The schema jobId must leave alone what it has made.',
  'takes every form of an id for the same job, in requests and answers':
    'Read ids in answers with the same schema as jobId, so that they have the same form.',
  'has an id that no job has, in its own form':
    'If a UUID is no possible id, set absentJobId to an id that is possible and that no job has.',
  'keeps every id inside one segment or value, at its own origin':
    'Build paths with the template `path`, and put no more than an id into a place of it, or of the body.',
  'hands the cursor of a list on as one value':
    'Put the cursor into the query or the body as it is: one value more than in the first page, or in the place of one. If it must be a number, send offsetOf(cursor), and show whole numbers as cursors in the fixtures.',
  'lets the key leave in one header and nowhere else':
    'No adapter sees the key: auth says which header holds it. A request may have method, path, query, body and headers; a header begins with x-, ends in -version, or is accept or content-type.',
  'states https pages, positive limits and a base without extras':
    'Cite at least one https page in documentation and one for each cancel; no kind of request is in two groups of limits.',
  'takes an accepted cancel for nothing more, until a look shows the end':
    'lookBody(word) must give the body of a look at a running job, and the scenario accepted an accepted cancel.',
  'takes the absence of a job after an accepted cancel for no end':
    'After an accepted cancel a missing job has not shown how it ended: read it as not_found, each time.',
};
