/** `resolve`: copies that differ become one: a node's, a file of this machine's, what a merge makes of them, or one each. */
import { ConcurError } from '../../protocol/errors.ts'
import type { NodeName } from '../../protocol/ids.ts'
import type { Wish } from '../sending/wish.ts'
import { tellable } from '../words/tellable.ts'
import { type ConditionOptions, conditionsOf } from './change-conditions.ts'
import type { CommandContext, ExitStatus } from './context.ts'
import { makeChange, reportRefusal } from './make-change.ts'
import { readPath } from './path-argument.ts'
import { puttableOf } from './put-file.ts'
import { resolveAll } from './resolve-all.ts'
import { resolveBoth } from './resolve-both.ts'
import { resolveByMerge } from './resolve-merge.ts'
import { type Resolving, wantedCopy } from './wanted-copy.ts'

export type ResolveOptions = ConditionOptions & {
  readonly keep: NodeName | null
  readonly with: string | null
  readonly both: boolean
  readonly merge: boolean
  readonly all: boolean
  readonly 'dry-run': boolean
}

/** @throws ConcurError USAGE; NoServerError; ReaderGoneError. */
export async function resolve(
  context: CommandContext,
  typed: string | undefined,
  options: ResolveOptions,
): Promise<ExitStatus> {
  const conditions = conditionsOf(options)
  refuseMixture(typed, options)
  if (options.all)
    return resolveAll(context, {
      pattern: typed ?? null,
      node: options.keep!,
      isDry: options['dry-run'],
      conditions,
    })
  const path = readPath(typed!)
  if (path instanceof ConcurError) return refuse(context, typed!, path)
  const resolving = { path: path.path, conditions }
  if (options.keep !== null) return makeChange(context, wantedCopy(resolving, options.keep))
  if (options.with !== null) return resolveWith(context, resolving, options.with)
  return options.both ? resolveBoth(context, resolving) : resolveByMerge(context, resolving)
}

function refuseMixture(typed: string | undefined, options: ResolveOptions): void {
  const { keep, both, merge, all } = options
  const ways = [keep !== null, options.with !== null, both, merge].filter(Boolean).length
  if (ways !== 1)
    throw new ConcurError(
      'USAGE',
      'one of --keep NODE, --with FILE, --both and --merge says what the copies become',
    )
  if (all && keep === null) throw new ConcurError('USAGE', '--all goes with --keep NODE')
  if (all && (options['if-match'] !== null || options['if-absent']))
    throw new ConcurError('USAGE', '--if-match and --if-absent are about one file, and --all is about many')
  if (options['dry-run'] && !all) throw new ConcurError('USAGE', '--dry-run goes with --all')
  if (!all && typed === undefined) throw new ConcurError('USAGE', 'PATH is missing')
}

async function resolveWith(
  context: CommandContext,
  { path, conditions }: Resolving,
  file: string,
): Promise<ExitStatus> {
  const found = puttableOf(context, file)
  if (found instanceof ConcurError) return refuse(context, path, found)
  if (found.is === 'folder')
    return refuse(context, path, new ConcurError('IS_DIRECTORY', `${file} is a folder`))
  const { source, executable } = found
  const what: Wish['what'] = { type: 'resolve', path, node: null, from: null, executable, amongMany: false }
  try {
    const wish = { ...conditions, what }
    return await makeChange(context, { command: 'resolve', subject: path, wish, source, nothingToDo: '' })
  } finally {
    found.close()
  }
}

async function refuse(context: CommandContext, subject: string, error: ConcurError): Promise<ExitStatus> {
  await reportRefusal(context, subject, tellable(error))
  return 2
}
