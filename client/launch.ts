/**
 * What `concur` runs: a bundle of the client, with the code that V8 compiled when the bundle was built. Node 20 compiles
 * anew at every start otherwise, which costs a small read a tenth of its time. A cache of another V8 is ignored.
 */
import { closeSync, openSync, readSync } from 'node:fs'
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

/**
 * What a bundle and its cache are read into, one after the other: to touch memory for the first time costs more than to read.
 * What is not touched costs nothing. Either has to be smaller.
 */
const memoryBytes = 1024 * 1024

/** A bundle is an expression for a function as CommonJS calls it, in ASCII; its code cache lies beside it. */
export function loadBundle(folder: string, name: BundleName): Bundle {
  const memory = Buffer.allocUnsafeSlow(memoryBytes)
  const filename = `${folder}/${name}.cjs`
  const source = readInto(memory, filename).toString('latin1')
  const script = new Script(source, { filename, cachedData: readCache(memory, `${folder}/${name}.cache`) })
  const run = () => {
    const module = { exports: {} }
    script.runInThisContext()(module, require, filename, folder)
    return module.exports
  }
  return { script, run }
}

function readCache(memory: Buffer, file: string): Buffer | undefined {
  try {
    return readInto(memory, file)
  } catch {
    return undefined
  }
}

/** @returns the content of the file, at the beginning of `memory`. */
function readInto(memory: Buffer, file: string): Buffer {
  const descriptor = openSync(file, 'r')
  const bytes = readSync(descriptor, memory)
  closeSync(descriptor)
  if (bytes === memory.length) throw new Error(`${file} is larger than ${bytes} bytes`)
  return memory.subarray(0, bytes)
}
