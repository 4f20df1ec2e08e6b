import { describe, expect, it } from 'vitest';
import { conversationWith } from '../support/openapi/conversation.ts';
import { operationsWithoutSuccess, refereeBy } from '../support/openapi/referee.ts';
import { cases } from '../support/thorough.ts';
import { deviations, refereed } from './openapi-deviations.ts';

describe('with the documents of the providers as referees', () => {
  it.each(cases(refereed, (_, index) => index % 3 === 0))(
    'calloff and the twin of %s speak as declared, but for a written list',
    async (name) => {
      const heard = await conversationWith(name);
      const found = new Set(heard.flatMap(refereeBy(name)));
      const expected = deviations[name].flatMap((each): readonly string[] => each.found);
      expect([...found].toSorted()).toEqual(expected.toSorted());
      expect(operationsWithoutSuccess(name, heard)).toEqual([]);
    },
  );

  it('hear them object to what is not as declared, so that their silence means something', async () => {
    const referee = refereeBy('replicate');
    const heard = await conversationWith('replicate');
    const look = heard.find(({ path, status }) => path !== '/predictions' && status === 200);
    if (look === undefined) throw new Error('no prediction was looked at');
    const title = `${look.method} /predictions/{prediction_id}`;
    const answer = (text: RegExp, other: string) =>
      referee({ ...look, answered: look.answered.replace(text, other) });
    expect(referee(look)).toEqual([]);
    expect(referee({ ...look, method: 'PUT' })).toEqual([`PUT ${look.path} is not in the document`]);
    expect(referee({ ...look, status: 201 })).toEqual([`${title} 201: the document has no such answer`]);
    expect(referee({ ...look, sent: '{}' })).toEqual([`${title}: the request has a body of the type ""`]);
    expect(referee({ ...look, query: new URLSearchParams('x=1') })).toEqual([
      `${title}: query x is not in the document`,
    ]);
    expect(answer(/"data_removed"/, '"removed"')).toEqual([
      `${title} 200: must have required property 'data_removed'`,
      `${title} 200: /removed is not in the document`,
    ]);
    expect(answer(/"web"/, '"site"')).toEqual([
      `${title} 200: /urls must have required property 'web'`,
      `${title} 200: /urls/site is not in the document`,
    ]);
  });
});
