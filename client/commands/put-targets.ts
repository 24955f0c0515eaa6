/** What `put` is to put where: the words of argv as pairs of a name here and a path there. Pure. */
import { asConcurError, ConcurError } from '../../protocol/errors.ts'
import { childPath, type FilePath, type FolderPath, parseTypedPath, wholeTree } from '../../protocol/path.ts'

export interface Target {
  /** The name here, as typed. */
  readonly file: string
  /** An error is about what was typed for the path. */
  readonly path: FilePath | { readonly typed: string; readonly error: ConcurError }
}

/** Names that say where something is and not what it is called. */
const nameless = ['', '-', '.', '..']

/** @throws ConcurError USAGE when they cannot all go where the last word says. */
export function targetsOf(words: readonly string[]): Target[] {
  const [first, ...others] = words
  if (others.length === 0) return [inside(wholeTree, first!)]
  const last = words.at(-1)!
  const files = words.slice(0, -1)
  const typed = parsed(last)
  const meansFolder = typed instanceof ConcurError ? last.endsWith('/') : typed.meansFolder
  if (!meansFolder && files.length > 1)
    throw usage(
      `${files.length} files go into a folder: the last word must end in /, not ${JSON.stringify(last)}`,
    )
  if (typed instanceof ConcurError) return files.map(file => ({ file, path: { typed: last, error: typed } }))
  if (!meansFolder) return [{ file: first!, path: typed.path }]
  return distinct(files.map(file => inside(typed.path, file)))
}

/** @throws ConcurError USAGE for what has no name of its own. */
function inside(folder: FolderPath, file: string): Target {
  const name = file.replace(/\/+$/, '').replace(/^.*\//s, '')
  if (nameless.includes(name)) throw usage(`${JSON.stringify(file)} has no name of its own: say PATH as well`)
  const path = childPath(folder, name)
  if (path !== null) return { file, path }
  const typed = folder === '' ? name : `${folder}/${name}`
  const fault = parsed(typed)
  const error = fault instanceof ConcurError ? fault : new ConcurError('BAD_PATH', 'not a path')
  return { file, path: { typed, error } }
}

function distinct(targets: readonly Target[]): Target[] {
  const byPath = new Map<string, string>()
  for (const { file, path } of targets) {
    if (typeof path === 'object') continue
    const other = byPath.get(path)
    if (other !== undefined) throw usage(`${other} and ${file} would both become ${path}`)
    byPath.set(path, file)
  }
  return [...targets]
}

function parsed(typed: string) {
  try {
    return parseTypedPath(typed)
  } catch (error) {
    return asConcurError(error)
  }
}

function usage(sentence: string): ConcurError {
  return new ConcurError('USAGE', sentence)
}
