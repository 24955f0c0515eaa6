/**
 * A folder of this machine's with all that is below, in the order of its names. No link is followed; folders in which
 * there is nothing to send are named, so that they can be made.
 */
import { lstatSync, readdirSync, type Stats } from 'node:fs'
import type { ConcurError } from '../../protocol/errors.ts'
import { typedText } from '../typed-bytes.ts'
import { unreadable } from './local-read-error.ts'

export type Found = { readonly local: Buffer; readonly relative: string } & (
  | { readonly is: 'file'; readonly stats: Stats }
  /** Nothing that can be sent is in it; `relative` is '' for the folder itself. */
  | { readonly is: 'empty' }
  | { readonly is: 'other'; readonly what: string }
  | { readonly is: 'unreadable'; readonly error: ConcurError }
)

/** Names that are no UTF-8 come as texts that are no paths. `shown`: the folder as the person calls it. */
export function* walkFolder(local: Buffer, shown: string, relative = ''): Generator<Found> {
  let sends = false
  let names: Buffer[]
  try {
    names = readdirSync(local, { encoding: 'buffer' }).sort(Buffer.compare)
  } catch (error) {
    return yield { is: 'unreadable', local, relative, error: unreadable(error, shown) }
  }
  for (const bytes of names) {
    const name = typedText(bytes)
    const inner = { local: join(local, bytes), relative: relative === '' ? name : `${relative}/${name}` }
    for (const found of walkEntry(inner, `${shown.replace(/\/$/, '')}/${name}`)) {
      sends ||= found.is === 'file' || found.is === 'empty'
      yield found
    }
  }
  if (!sends) yield { is: 'empty', local, relative }
}

function* walkEntry(inner: { local: Buffer; relative: string }, shown: string): Generator<Found> {
  let stats: Stats
  try {
    stats = lstatSync(inner.local)
  } catch (error) {
    return yield { is: 'unreadable', ...inner, error: unreadable(error, shown) }
  }
  if (stats.isDirectory()) yield* walkFolder(inner.local, shown, inner.relative)
  else if (stats.isFile()) yield { is: 'file', ...inner, stats }
  else yield { is: 'other', ...inner, what: kindOf(stats) }
}

function join(folder: Buffer, name: Buffer): Buffer {
  return Buffer.concat([folder, Buffer.from('/'), name])
}

function kindOf(stats: Stats): string {
  if (stats.isSymbolicLink()) return 'a link'
  if (stats.isFIFO()) return 'a FIFO'
  return stats.isSocket() ? 'a socket' : 'a device'
}
