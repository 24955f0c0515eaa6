/**
 * The result of a record as a file that is not in the tree yet: the stage that came ahead of it, or made from the
 * bytes beside the record, or got from another node. Its bytes were hashed; whoever gets it closes it.
 */
import { type Digest, digestOf } from '../../../protocol/digest.ts'
import { ConcurError } from '../../../protocol/errors.ts'
import type { StageId } from '../../../protocol/ids.ts'
import type { FilePath } from '../../../protocol/path.ts'
import type { Change } from '../../../protocol/record.ts'
import { type Disk, type Fd, newStat } from '../disk.ts'
import { removeLeftover } from '../durable-file.ts'
import type { Place } from '../folders.ts'
import { historyName, seqName } from '../history.ts'
import { wholeMs } from '../identity.ts'
import type { Ground, Work } from './ground.ts'
import { digestOfFile } from './looked-at.ts'
import { isCode } from './refusals.ts'

export interface Lost {
  readonly lost: string
}

export class NewFile {
  readonly fd: Fd
  readonly digest: Digest
  /** None: not known. */
  readonly blockDigests: Buffer | null
  /** Where it is; the folder is not the file's to close. */
  place: Place
  private readonly disk: Disk

  constructor(options: { disk: Disk; fd: Fd; place: Place; digest: Digest; blockDigests: Buffer | null }) {
    this.disk = options.disk
    this.fd = options.fd
    this.place = options.place
    this.digest = options.digest
    this.blockDigests = options.blockDigests
  }

  get inode(): bigint {
    const stat = newStat()
    this.disk.stat(this.fd, stat)
    return stat.inode
  }

  moveNew(to: Place): void {
    this.disk.moveNew(this.place.folder, this.place.name, to.folder, to.name)
    this.place = to
  }

  close(): void {
    this.disk.close(this.fd)
  }
}

/** Makes `staging/<seq>` of these bytes. */
export function writeNewFile(ground: Ground, seq: number, bytes: Buffer): NewFile {
  const { disk, stages } = ground
  const place = { folder: stages.folder, name: seqName(seq) }
  const fd = disk.openOwn(place.folder, place.name)
  try {
    disk.truncate(fd, 0)
    disk.write(fd, bytes, 0)
    return new NewFile({ disk, fd, place, ...digestOf(bytes) })
  } catch (error) {
    disk.close(fd)
    // On a full disk a part of it would take the room that others need meanwhile.
    removeLeftover(disk, place.folder, place.name)
    throw error
  }
}

/** Opens a file of the server's own for reading; null when it is not there, or no file. */
export function openOwnFile(disk: Disk, place: Place): Fd | null {
  let found: Fd
  try {
    found = disk.openBeneath(place.folder, place.name, 'place')
  } catch (error) {
    if (isCode(error, 'ENOENT')) return null
    throw error
  }
  try {
    const stat = newStat()
    disk.stat(found, stat)
    return stat.kind === 'file' ? disk.openFile(found) : null
  } finally {
    disk.close(found)
  }
}

/** @returns the stage when it is here and has that content, else null: what is there under its name is no use then. */
async function openStage(ground: Ground, id: StageId, digest: Digest): Promise<NewFile | null> {
  const { disk, stages } = ground
  const place = { folder: stages.folder, name: id }
  const fd = openOwnFile(disk, place)
  if (fd === null) return null
  try {
    const known = stages.sealed(id) ?? (await digestOfFile(ground, fd))
    if (known?.digest === digest)
      return new NewFile({ disk, fd, place, digest, blockDigests: known.blockDigests })
  } catch (error) {
    disk.close(fd)
    throw error
  }
  disk.close(fd)
  stages.remove(id)
  return null
}

/** The whole result of a put, where its bytes are here; null: they are not. */
function ownResult(ground: Ground, work: Work, change: Change): Promise<NewFile | null> | NewFile | null {
  if (change.type === 'append' ? change.offset > 0 : change.type !== 'put') return null
  const { body, digest, size } = change as Extract<Change, { type: 'put' }>
  if (body.stage !== null) return openStage(ground, body.stage, digest)
  const bytes = size === 0 ? Buffer.alloc(0) : work.entry.body
  if (bytes === null || digestOf(bytes).digest !== digest) return null
  return writeNewFile(ground, work.seq, bytes)
}

/** @returns the content `digest` that the record's path is to have; or why nobody has it any more. */
export async function resultOf(ground: Ground, work: Work, digest: Digest | null): Promise<NewFile | Lost> {
  const own = await ownResult(ground, work, work.entry.record.change)
  if (own !== null) return own
  const obtained = await ground.contents.obtain(work.entry)
  if (obtained.is === 'lost') return { lost: obtained.reason }
  const file = await obtainedFile(ground, work, obtained, digest)
  if (file === null)
    throw new ConcurError('IO_ERROR', `what was got for record ${work.seq} is not its content`)
  return file
}

async function obtainedFile(
  ground: Ground,
  work: Work,
  obtained: { is: 'bytes'; bytes: Buffer } | { is: 'staged'; stage: StageId },
  digest: Digest | null,
): Promise<NewFile | null> {
  if (obtained.is === 'bytes') {
    if (digest !== null && digestOf(obtained.bytes).digest !== digest) return null
    return writeNewFile(ground, work.seq, obtained.bytes)
  }
  const expected = digest ?? ground.stages.sealed(obtained.stage)?.digest ?? null
  return expected === null ? null : openStage(ground, obtained.stage, expected)
}

/** Where what a record exchanges with the tree lies meanwhile. */
export function exchangePlace(ground: Ground, seq: number, n: number): Place {
  return { folder: ground.exchange, name: `${seqName(seq)}-${n}` }
}

/**
 * Files a record's result in this node's history, flushed: the path itself is kept as it is. Once only, however often
 * a crash makes it be done again.
 */
export async function fileResult(ground: Ground, work: Work, path: FilePath, file: NewFile): Promise<void> {
  if (await isFiled(ground, work.seq, path, file.digest)) {
    ground.disk.remove(file.place.folder, file.place.name)
    return
  }
  await ground.stages.flush(file.fd)
  const stat = newStat()
  ground.disk.stat(file.fd, stat)
  const known = { digest: file.digest, size: stat.size, mtimeMs: wholeMs(stat.mtimeNs) }
  ground.history.take(file.place, work.seq, path, known)
}

async function isFiled(ground: Ground, seq: number, path: FilePath, digest: Digest): Promise<boolean> {
  for (let tries = 0; ; tries++) {
    const name = historyName(seq, tries, path)
    const file = openOwnFile(ground.disk, { folder: ground.history.folder, name })
    if (file === null) return false
    try {
      if ((await digestOfFile(ground, file))?.digest === digest) return true
    } finally {
      ground.disk.close(file)
    }
  }
}
