/** `ROOT/.concur`: made when missing, and locked for this process. Everything else of the server's own lies in it. */
import { pid } from 'node:process'
import { ConcurError } from '../../protocol/errors.ts'
import { ownFolder } from '../../protocol/path.ts'
import { type Disk, DiskError, type Fd, readFully } from './disk.ts'

const processIdBytesMax = 20

const sentences: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space is left',
  ELOOP: 'it is a link',
  ENOTDIR: 'it is not a folder',
  EXDEV: 'it is a mount of its own',
}

export class OwnFolder {
  readonly fd: Fd
  private readonly disk: Disk
  private readonly lockFile: Fd

  /** @throws ConcurError USAGE: it cannot be made, or another process has the lock. */
  constructor(options: { disk: Disk; root: Fd }) {
    const { disk, root } = options
    this.disk = disk
    this.fd = openOwnFolder(disk, root)
    try {
      this.lockFile = lock(disk, this.fd)
    } catch (error) {
      disk.close(this.fd)
      throw error
    }
  }

  /** Releases the lock. */
  close(): void {
    this.disk.close(this.lockFile)
    this.disk.close(this.fd)
  }
}

function openOwnFolder(disk: Disk, root: Fd): Fd {
  try {
    disk.makeFolder(root, ownFolder)
    return disk.openBeneath(root, ownFolder, 'folder')
  } catch (error) {
    if (!(error instanceof DiskError)) throw error
    const isOldKernel = error.code === 'ENOSYS'
    const reason = isOldKernel
      ? 'this kernel has no openat2, which came with Linux 5.6'
      : sentences[error.code]
    throw new ConcurError('USAGE', `${ownFolder} cannot be opened: ${reason ?? error.code}`, { cause: error })
  }
}

/** @returns the file that is locked as long as it is open, with this process's id in it for whoever comes second. */
function lock(disk: Disk, folder: Fd): Fd {
  const file = disk.openOwn(folder, 'lock')
  try {
    if (!disk.lock(file))
      throw new ConcurError('USAGE', `in use by ${holderOf(disk, file)}; one server a root`)
    const text = Buffer.from(`${pid}\n`)
    // In this order it takes no new place on a full disk.
    disk.write(file, text, 0)
    disk.truncate(file, text.length)
    return file
  } catch (error) {
    disk.close(file)
    throw error
  }
}

function holderOf(disk: Disk, file: Fd): string {
  const bytes = Buffer.alloc(processIdBytesMax)
  const text = bytes.toString('utf8', 0, readFully(disk, file, bytes, 0)).trim()
  return /^\d+$/.test(text) ? `process ${text}` : 'another process'
}
