/** `restore`: a file, or a folder with all that is below, becomes again what it was behind an operation. */
import type { Digest } from '../../protocol/digest.ts'
import { ConcurError } from '../../protocol/errors.ts'
import { type FilePath, wholeTree } from '../../protocol/path.ts'
import type { Wish } from '../sending/wish.ts'
import { type ConditionOptions, conditionsOf } from './change-conditions.ts'
import type { CommandContext, ExitStatus } from './context.ts'
import { makeChange, reportRefusal } from './make-change.ts'
import { orRefuse } from './or-refuse.ts'
import { readFolder } from './path-argument.ts'
import { restoreFolder } from './restore-folder.ts'
import { wantedAgain, wantedFile } from './wanted-again.ts'

export type RestoreOptions = ConditionOptions & { readonly at: number | null; readonly digest: Digest | null }

/** @throws ConcurError USAGE; NoServerError; ReaderGoneError. */
export async function restore(
  context: CommandContext,
  typed: string,
  options: RestoreOptions,
): Promise<ExitStatus> {
  const { at, digest } = options
  const conditions = conditionsOf(options)
  if (at !== null && digest !== null)
    throw new ConcurError('USAGE', '--at and --digest exclude each other: the one says when, the other what')
  const read = readFolder(typed)
  if (read instanceof ConcurError) {
    await reportRefusal(context, typed, read)
    return 2
  }
  const path = read.path as FilePath
  return orRefuse(context, read.path === wholeTree ? '/' : path, async () => {
    if (read.path === wholeTree) return restoreTree(context, options, conditions)
    if (digest !== null)
      return makeChange(context, wantedFile({ path, at: null, size: null, digest }, conditions))
    const past = await context.client.past(path, at)
    const own = past.entries.find(entry => entry.path === path)
    if (own === undefined)
      throw new ConcurError('NOT_FOUND', `what it was behind seq ${past.at} is not known`)
    if (own.type === 'folder') return restoreFolder(context, { path, past, conditions })
    return makeChange(context, wantedAgain(own, conditions))
  })
}

/** @throws ConcurError where that is not what the options say. */
async function restoreTree(
  context: CommandContext,
  { at, digest }: RestoreOptions,
  conditions: Omit<Wish, 'what'>,
): Promise<ExitStatus> {
  if (digest !== null) throw new ConcurError('IS_DIRECTORY', 'the whole tree has no digest')
  const past = await context.client.past(wholeTree, at)
  return restoreFolder(context, { path: wholeTree, past, conditions })
}
