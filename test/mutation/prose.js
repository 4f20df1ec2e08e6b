/**
 * What Stryker leaves as it is: descriptions, and in adapters the notes for people and the addresses of pages. No decision depends
 * on it, and a test could only repeat it.
 */
const { CALLOFF_MUTATION_ADAPTER } = process.env;
const keysOfAdapters = new Set(['note', 'idHint', 'documentation', 'url', 'page']);

/** The name of a property, or of the method that is called. */
function nameOf(node) {
  if (node.type === 'ObjectProperty') return node.key.name ?? node.key.value;
  const isDescription = node.type === 'CallExpression' && node.callee.property?.name === 'describe';
  return isDescription ? 'describe' : undefined;
}

const prose = {
  shouldIgnore({ node, parent }) {
    if (CALLOFF_MUTATION_ADAPTER !== undefined && keysOfAdapters.has(nameOf(node))) return 'text for people';
    const isText = node.type === 'StringLiteral' && parent?.type === 'CallExpression';
    return isText && nameOf(parent) === 'describe' ? 'a description' : undefined;
  },
};

export const strykerPlugins = [{ kind: 'Ignore', name: 'prose', value: prose }];
