/** The versions of a file whose copies differ, and what they have in common: whole, in memory. */
import type { Version } from '../../protocol/copies.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { Verdict } from '../../protocol/messages.ts'
import type { FilePath } from '../../protocol/path.ts'
import type { CommandContext } from './context.ts'

/** Bytes of one version that is looked into. */
export const lookedIntoBytesMax = 32 * 1024 * 1024

/** The verdict without bytes, with the path's last operation. @throws ConcurError. */
export function readVerdict({ client }: CommandContext, path: FilePath): Promise<Verdict> {
  return client.read(path, { bodies: 'none', lastOp: true }, neverOpened)
}

/** @throws ConcurError what the verdict is where it is an error; PRECONDITION_FAILED where the copies do not differ. */
export async function readVersions(context: CommandContext, path: FilePath): Promise<Verdict> {
  const verdict = await readVerdict(context, path)
  assertDiffering(verdict)
  return verdict
}

/** As `readVersions`, with the bytes of each. @throws ConcurError TOO_LARGE. */
export async function readContents(
  context: CommandContext,
  path: FilePath,
): Promise<{ verdict: Verdict; contents: Buffer[] }> {
  let contents: Buffer[] = []
  const work = context.progress.begin(path)
  try {
    const verdict = await context.client.read(
      path,
      { bodies: 'all', lastOp: true },
      {
        onProgress: progress => work.comparing(progress),
        onVerdict(verdict) {
          assertDiffering(verdict)
          const tooLarge = verdict.versions.find(({ size }) => size > lookedIntoBytesMax)
          if (tooLarge !== undefined)
            throw new ConcurError(
              'TOO_LARGE',
              `a version has ${tooLarge.size} bytes, more than is looked into`,
            )
        },
        openVersion({ size }) {
          const content = Buffer.alloc(size)
          contents.push(content)
          work.expect(size)
          return { write: async (block, at) => void content.set(block, at) }
        },
        onBytes: count => work.received(count),
        onRestart() {
          contents = []
          work.restart()
        },
      },
    )
    return { verdict, contents }
  } finally {
    work.end()
  }
}

/** What the journal has: the versions' common origin. Null: nothing, or nobody has its bytes any more. */
export async function readBase(
  context: CommandContext,
  path: FilePath,
  { lastOp }: Verdict,
): Promise<Buffer | null> {
  if (lastOp === null) return null
  try {
    const { entries } = await context.client.past(path, lastOp.seq)
    const own = entries.find(entry => entry.path === path)
    if (own === undefined || own.digest === null) return null
    const { at, digest, size } = own
    return await context.client.content({ path, at, digest, size }, lookedIntoBytesMax)
  } catch (error) {
    if (error instanceof ConcurError && error.code === 'NOT_FOUND') return null
    throw error
  }
}

/** The place of what was written, as far as a disk still has it; -1: none has. */
export function placeOfWritten(versions: readonly Version[]): number {
  return versions.findIndex(({ cause }) => cause === null)
}

const neverOpened = {
  openVersion(): never {
    throw new Error('no bytes were asked for')
  },
}

function assertDiffering({ verdict, error, versions }: Verdict): void {
  if (error !== null) throw new ConcurError(error.code, error.message)
  if (verdict !== 'DIFFERENT_FILES') throw new ConcurError('PRECONDITION_FAILED', 'the copies do not differ')
  const other = versions.find(({ type }) => type !== 'file')
  if (other === undefined) return
  const node = other.copies[0]!.node
  if (other.type === 'folder') throw new ConcurError('IS_DIRECTORY', `on ${node} it is a folder`)
  throw new ConcurError('NOT_A_FILE', `on ${node} it is no file`)
}
