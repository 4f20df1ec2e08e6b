const api = 'https://api.github.com';

/** Addresses under an object's own, one for each name: `keys` is at `keys_url`. */
function addresses(url: string, names: string): Readonly<Record<string, string>> {
  return Object.fromEntries(names.split(' ').map((name) => [`${name}_url`, `${url}/${name}`]));
}

const ofUsers =
  'events followers following gists organizations received_events repos starred subscriptions' as const;
const ofRepositories = [
  'archive assignees blobs branches collaborators comments commits compare contents contributors deployments downloads',
  'events forks git_commits git_refs git_tags hooks issue_comment issue_events issues keys labels languages merges',
  'milestones notifications pulls releases stargazers statuses subscribers subscription tags teams trees',
].join(' ');

/** A person or an organization, as GitHub shows it inside other objects. */
export function githubUser(login: string) {
  const url = `${api}/users/${login}`;
  return {
    ...{ login, id: login.length, node_id: 'MDQ6VXNlcjE=', type: 'User', site_admin: false, gravatar_id: '' },
    ...{ url, html_url: `https://github.com/${login}`, avatar_url: `https://github.com/images/${login}.png` },
    ...addresses(url, ofUsers),
  };
}

/** A repository, as GitHub shows it inside other objects: with an address for everything in it. */
export function githubRepository(owner: string, name: string) {
  const url = `${api}/repos/${owner}/${name}`;
  return {
    ...{ id: 724_712, node_id: 'MDEwOlJlcG9zaXRvcnkx', name, full_name: `${owner}/${name}` },
    ...{ private: true, fork: false, description: null, owner: githubUser(owner) },
    ...{ url, html_url: `https://github.com/${owner}/${name}`, ...addresses(url, ofRepositories) },
  };
}
