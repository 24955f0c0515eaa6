/** Other versions of the programs, built beside this one: an older one out of the history, and one that is to come. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Copy } from '../planted/copy.ts'
import type { Edit } from '../planted/planted-bug.ts'

const sources = resolve(import.meta.dirname, '../..')

/** A version that may stand in a rolling restart. */
export interface Build {
  readonly name: string
  /** The folder with its programs. */
  readonly dist: string
}

/**
 * What a next version may do: it speaks two versions of the wire, says more in its HELLO than this one understands, and writes
 * journals of a version of its own, in segments so short that it soon begins one.
 */
const edits: readonly Edit[] = [
  {
    file: 'protocol/session.ts',
    find: 'wireVersions = { min: 1, max: 1 }',
    put: 'wireVersions = { min: 1, max: 2 }',
  },
  {
    file: 'protocol/messages.ts',
    find: '  write: (w, value) => helloFields.write(w, value),\n',
    put: `  write(w, value) {
    helloFields.write(w, value)
    w.text('what only a next version understands')
  },
`,
  },
  {
    file: 'replica/store/journal/segment-header.ts',
    find: 'const version = 1\n',
    put: 'const version = 2\n',
  },
  {
    file: 'replica/store/journal/journal.ts',
    find: 'segmentBytesDefault = { min: 1024 * 1024, max: 32 * 1024 * 1024 }',
    put: 'segmentBytesDefault = { min: 64 * 1024, max: 64 * 1024 }',
  },
]

/** @returns what is to come, made of the sources as they are now. `folder`: is not there yet. @throws Error. */
export function nextBuild(folder: string): Build {
  mkdirSync(folder)
  const copy = new Copy(sources, folder)
  copy.plant(edits)
  return built('next', folder)
}

/** @returns what was there at `commit`; null where the history does not go back so far. @throws Error. */
export function olderBuild(folder: string, commit: string): Build | null {
  try {
    execFileSync('git', ['cat-file', '-e', `${commit}^{commit}`], { cwd: sources, stdio: 'ignore' })
  } catch {
    return null
  }
  mkdirSync(folder)
  const archive = execFileSync('git', ['archive', commit], { cwd: sources, maxBuffer: 2 ** 30 })
  execFileSync('tar', ['-x'], { cwd: folder, input: archive })
  symlinkSync(join(sources, 'node_modules'), join(folder, 'node_modules'))
  return built('older', folder)
}

function built(name: string, folder: string): Build {
  execFileSync(process.execPath, ['--import', 'tsx', 'scripts/build.ts'], { cwd: folder, stdio: 'inherit' })
  return { name, dist: join(folder, 'dist') }
}
