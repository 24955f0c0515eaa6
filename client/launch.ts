/**
 * What `concur` runs: a bundle of the client, with the code that V8 compiled when the bundle was built. Node 20 compiles
 * anew at every start otherwise, which costs a small read a tenth of its time. A cache of another V8 is ignored.
 */
import { readFileSync } from 'node:fs'
import { Script } from 'node:vm'
import { readingNames } from './reads/reading-names.ts'

/** The bundles, beside this file: `client/reads/main.ts` and `client/main.ts`. */
export type BundleName = 'client-reads' | 'client-whole'

export interface Bundle {
  readonly script: Script
  /** @returns what its main exports. */
  readonly run: () => { readonly isTaken?: boolean }
}

/** Commands that read a file start with a bundle of their own; what it does not take is for the whole client. */
export function start(folder: string, argv: readonly string[]): void {
  const mayRead = readingNames.some(name => argv.includes(name))
  if (mayRead && loadBundle(folder, 'client-reads').run().isTaken) return
  loadBundle(folder, 'client-whole').run()
}

/** A bundle is an expression for a function as CommonJS calls it, in ASCII; its code cache lies beside it. */
export function loadBundle(folder: string, name: BundleName): Bundle {
  const file = `${folder}/${name}.cjs`
  const script = new Script(readFileSync(file, 'latin1'), {
    filename: file,
    cachedData: readCache(`${folder}/${name}.cache`),
  })
  const run = () => {
    const module = { exports: {} }
    script.runInThisContext()(module, require, file, folder)
    return module.exports
  }
  return { script, run }
}

function readCache(file: string): Buffer | undefined {
  try {
    return readFileSync(file)
  } catch {
    return undefined
  }
}
