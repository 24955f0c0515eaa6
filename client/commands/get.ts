/** `get`: the verified read of files, each saved whole or not at all. `cat` is the same to standard output. */
import { ConcurError } from '../../protocol/errors.ts'
import type { NodeName } from '../../protocol/ids.ts'
import { lastPart } from '../../protocol/path.ts'
import { type Placement, placementOf } from '../saving/placement.ts'
import { tellable } from '../words/tellable.ts'
import { type CommandContext, type ExitStatus, worse } from './context.ts'
import { getFile } from './get-file.ts'
import { getFolder } from './get-folder.ts'
import { type PathArgument, readPath } from './path-argument.ts'
import { reportRead } from './report.ts'
import { refusedOutcome } from './verified-read.ts'

export interface GetOptions {
  readonly output: string | null
  readonly recursive: boolean
  readonly from: NodeName | null
  readonly deep: boolean
}

/** A path as it was typed, and what it says. */
interface Wanted {
  readonly typed: string
  readonly path: PathArgument | ConcurError
}

/** @throws ConcurError USAGE when the paths cannot all go where `-o` says; NoServerError; ReaderGoneError. */
export async function get(
  context: CommandContext,
  typed: readonly string[],
  options: GetOptions,
): Promise<ExitStatus> {
  refuseUnreadable(options)
  const placement = placed(context, options)
  const paths = typed.map(one => ({ typed: one, path: readPath(one) }))
  if (!(placement instanceof ConcurError)) refuseMixture(paths, placement, options)
  let status: ExitStatus = 0
  for (const wanted of paths) status = worse(status, await getOne(context, wanted, placement, options))
  return status
}

/** Refuses what cannot be read or saved, each path by itself. */
async function getOne(
  context: CommandContext,
  { typed, path }: Wanted,
  placement: Placement | ConcurError,
  options: GetOptions,
): Promise<ExitStatus> {
  if (path instanceof ConcurError) return refuse(context, typed, path, isStdout(placement))
  if (placement instanceof ConcurError) return refuse(context, path.path, placement, false)
  if (options.recursive) return getFolder(context, { path, placement, options })
  return getFile(context, path, placement, options)
}

async function refuse(
  context: CommandContext,
  path: string,
  error: ConcurError,
  toStderr: boolean,
): Promise<ExitStatus> {
  await reportRead(context, refusedOutcome(path, error), { toStderr, settles: false })
  return 2
}

function isStdout(placement: Placement | ConcurError): boolean {
  return !(placement instanceof ConcurError) && placement.is === 'stdout'
}

function placed(context: CommandContext, { output }: GetOptions): Placement | ConcurError {
  try {
    return placementOf(output, context.folder)
  } catch (error) {
    return tellable(error)
  }
}

function refuseUnreadable({ output }: GetOptions): void {
  if (output?.isWellFormed() === false) throw new ConcurError('USAGE', '-o must be a name in UTF-8')
}

function refuseMixture(
  paths: readonly Wanted[],
  placement: Placement,
  { recursive, output }: GetOptions,
): void {
  if (placement.is === 'stdout') {
    if (recursive)
      throw new ConcurError(
        'USAGE',
        'a folder cannot be written to standard output: -r and -o - exclude each other',
      )
    return
  }
  if (paths.length > 1 && placement.is === 'name') {
    throw new ConcurError(
      'USAGE',
      `-o must be an existing folder for ${paths.length} paths, not ${JSON.stringify(output)}`,
    )
  }
  const names = new Map<string, string>()
  for (const { path } of paths) {
    if (path instanceof ConcurError) continue
    const name = lastPart(path.path)
    const other = names.get(name)
    if (other !== undefined)
      throw new ConcurError('USAGE', `${other} and ${path.typed} would both be saved as ${name}`)
    names.set(name, path.typed)
  }
}
