/** What one FILE of `put` is, and the change that it becomes. */
import type { Stats } from 'node:fs'
import { ConcurError } from '../../protocol/errors.ts'
import type { FilePath } from '../../protocol/path.ts'
import type { ByteSource } from '../sending/byte-source.ts'
import { FileSource } from '../sending/file-source.ts'
import { localName, openPieces, statLocal } from '../sending/local-name.ts'
import { StreamSource } from '../sending/stream-source.ts'
import type { Wish } from '../sending/wish.ts'
import { tellable } from '../words/tellable.ts'
import type { CommandContext } from './context.ts'
import type { WantedChange } from './make-change.ts'

/** Files that are sent at once. */
export const filesAtOnceMax = 16

/** The owner's executable bit. */
const ownerMayExecute = 0o100

export type Puttable =
  | { readonly is: 'folder'; readonly local: Buffer }
  | {
      readonly is: 'file'
      readonly source: ByteSource
      /** None: as it was. */
      readonly executable: boolean | null
      close(): void
    }

/** @returns what is there, or why it cannot be put. */
export function puttableOf(context: CommandContext, file: string): Puttable | ConcurError {
  if (file === '-') return puttableStream(new StreamSource('standard input', context.openInput))
  try {
    const local = localName(file, context.folder)
    return puttable(context, local, { shown: file, stats: statLocal(local, file) })
  } catch (error) {
    return tellable(error)
  }
}

/** @throws ConcurError NOT_A_FILE. */
function puttable(
  { streamCalls }: CommandContext,
  local: Buffer,
  { shown, stats }: { shown: string; stats: Stats },
): Puttable {
  if (stats.isDirectory()) return { is: 'folder', local }
  if (stats.isFile()) return puttableFile(local, { shown, stats, followsLink: true })
  if (stats.isSocket()) throw new ConcurError('NOT_A_FILE', `${shown} is a socket`)
  return puttableStream(new StreamSource(shown, () => openPieces(local, streamCalls)))
}

export function puttableFile(
  path: Buffer,
  { shown, stats, followsLink }: { shown: string; stats: Pick<Stats, 'mode'>; followsLink: boolean },
): Exclude<Puttable, { is: 'folder' }> {
  const executable = (stats.mode & ownerMayExecute) !== 0
  return { is: 'file', source: new FileSource({ path, shown, followsLink }), executable, close() {} }
}

function puttableStream(source: StreamSource): Puttable {
  return { is: 'file', source, executable: null, close: () => source.close() }
}

export function wantedPut(
  { source, executable }: Exclude<Puttable, { is: 'folder' }>,
  path: FilePath,
  conditions: Omit<Wish, 'what'>,
): WantedChange {
  const wish = { ...conditions, what: { type: 'put', path, executable } } as const
  return { command: 'put', subject: path, wish, source, nothingToDo: '' }
}
