/** Stands where ajv would in a bundle. It is never called, because the server brings a validator of its own. */
export default function leftOut(): never {
  throw new Error('ajv is not in this bundle');
}
