/** An error for a person who deploys: osls prints the stack of an error, and of one without a stack what it says. */
export function refusal(text) {
  const error = new Error(text);
  error.stack = '';
  return error;
}
