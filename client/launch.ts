/**
 * What `concur` runs: the client's bundle, with the code that V8 compiled when the bundle was built. Node 20 compiles
 * anew at every start otherwise, which costs a small read a tenth of its time. A cache of another V8 is ignored.
 */
import { readFileSync } from 'node:fs'
import { Script } from 'node:vm'

/**
 * The bundle, which is an expression for a function as CommonJS calls it, in ASCII, and its code cache: both beside this
 * file.
 */
export function loadBundle(folder: string): { script: Script; run: () => void } {
  const file = `${folder}/client-bundle.cjs`
  const script = new Script(readFileSync(file, 'latin1'), {
    filename: file,
    cachedData: readCache(`${folder}/client-bundle.cache`),
  })
  return { script, run: () => script.runInThisContext()(require, file, folder) }
}

function readCache(file: string): Buffer | undefined {
  try {
    return readFileSync(file)
  } catch {
    return undefined
  }
}
