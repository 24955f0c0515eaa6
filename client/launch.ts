/**
 * What `concur` runs: the client's bundle, with the code that V8 compiled when the bundle was built. Node 20 compiles
 * anew at every start otherwise, which costs a small read a tenth of its time. A cache of another V8 is ignored.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { constants, Script } from 'node:vm'

/** The bundle and its code cache, beside this file. `run` is how a CommonJS module is called. */
export function loadBundle(folder: string): { script: Script; run: () => void } {
  const file = join(folder, 'client-bundle.cjs')
  const script = new Script(`(function (require, __filename) {${readFileSync(file, 'utf8')}\n})`, {
    filename: file,
    cachedData: readCache(join(folder, 'client-bundle.cache')),
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  })
  return { script, run: () => script.runInThisContext()(createRequire(file), file) }
}

function readCache(file: string): Buffer | undefined {
  try {
    return readFileSync(file)
  } catch {
    return undefined
  }
}
