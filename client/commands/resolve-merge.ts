/** `resolve --merge`: what was changed in each version, in one file. Where the same lines were changed, a person decides. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ConcurError } from '../../protocol/errors.ts'
import { lastPart } from '../../protocol/path.ts'
import { BytesSource } from '../sending/byte-source.ts'
import type { Wish } from '../sending/wish.ts'
import { isText, type Merged, mergeVersions } from '../words/merged.ts'
import { counted } from '../words/quantities.ts'
import type { CommandContext, ExitStatus } from './context.ts'
import { makeChange } from './make-change.ts'
import { orRefuse } from './or-refuse.ts'
import { placeOfWritten, readBase, readContents } from './versions.ts'
import type { Resolving } from './wanted-copy.ts'

/** @throws NoServerError; ReaderGoneError. */
export function resolveByMerge(context: CommandContext, resolving: Resolving): Promise<ExitStatus> {
  const { path, conditions } = resolving
  return orRefuse(context, path, async () => {
    const merged = await mergedContent(context, resolving)
    if (merged.conflicts > 0) throw await conflict(context, resolving, merged)
    const what: Wish['what'] = {
      type: 'resolve',
      path,
      node: null,
      from: null,
      executable: null,
      amongMany: false,
    }
    const source = new BytesSource(merged.content)
    const wish = { ...conditions, what }
    return makeChange(context, { command: 'resolve', subject: path, wish, source, nothingToDo: '' })
  })
}

async function mergedContent(context: CommandContext, { path }: Resolving): Promise<Merged> {
  const { verdict, contents } = await readContents(context, path)
  const written = placeOfWritten(verdict.versions)
  const base = written < 0 ? await readBase(context, path, verdict) : contents[written]!
  if (base === null)
    throw new ConcurError(
      'CONFLICT',
      'what the versions have in common is not known: --keep, --with or --both',
    )
  const versions = verdict.versions.flatMap(({ copies }, place) =>
    place === written ? [] : [{ name: copies[0]!.node, content: contents[place]! }],
  )
  if (![base, ...contents].every(isText))
    throw new ConcurError('CONFLICT', 'it is no text, and cannot be merged: --keep, --with or --both')
  return mergeVersions(base, versions)
}

/** The merge so far is left here, for a person to finish. */
async function conflict(
  { folder }: CommandContext,
  { path }: Resolving,
  { content, conflicts }: Merged,
): Promise<ConcurError> {
  const name = `${lastPart(path)}.merge`
  await writeFile(join(folder, name), content, { flag: 'wx' })
  const places = counted(conflicts, 'place')
  return new ConcurError(
    'CONFLICT',
    `the versions changed the same lines in ${places}; saved as ${name}: edit it, then concur resolve PATH --with ${name}`,
  )
}
