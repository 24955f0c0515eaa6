/** `resolve --both`: each version gets a name of its own, and the path that was all of them goes. */
import type { Version } from '../../protocol/copies.ts'
import { type FilePath, parsePath } from '../../protocol/path.ts'
import { type CommandContext, type ExitStatus, worse } from './context.ts'
import { makeChange } from './make-change.ts'
import { orRefuse } from './or-refuse.ts'
import { readVersions } from './versions.ts'
import { type Resolving, wantedCopy } from './wanted-copy.ts'

/** @throws NoServerError; ReaderGoneError. */
export function resolveBoth(context: CommandContext, resolving: Resolving): Promise<ExitStatus> {
  const { path, conditions } = resolving
  return orRefuse(context, path, async () => {
    const { versions } = await readVersions(context, path)
    const names = versions.map(version => nameOf(path, version))
    const { ack = null } = conditions
    let status: ExitStatus = 0
    for (const [at, { copies }] of versions.entries()) {
      const target = { path: names[at]!, conditions: { ack, ifAbsent: true } }
      status = worse(status, await makeChange(context, wantedCopy(target, copies[0]!.node, { from: path })))
      // What has no name of its own yet stays where it is.
      if (status === 2) return status
    }
    const wish = { ...conditions, what: { type: 'delete', path, recursive: false, force: false } } as const
    return worse(
      status,
      await makeChange(context, { command: 'rm', subject: path, wish, source: null, nothingToDo: '' }),
    )
  })
}

/** @throws ConcurError BAD_PATH: it would be too long. */
function nameOf(path: FilePath, { copies }: Version): FilePath {
  return parsePath(`${path}.${copies[0]!.node}`)
}
