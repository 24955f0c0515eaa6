/** Stands for `node:module` in the client's bundle, which is CommonJS: what makes a `require` elsewhere is at hand there. */
export function createRequire(): NodeJS.Require {
  return require
}
