/** `statx`: what the system says of a file, and the mount that it lies on. */
import koffi from 'koffi'
import type { Fd, Kind, Stat } from './disk.ts'
import { lastError } from './last-error.ts'

const AT_EMPTY_PATH = 0x1000
const AT_SYMLINK_NOFOLLOW = 0x100
const AT_NO_AUTOMOUNT = 0x800
const STATX_BASIC_STATS = 0x7ff
const STATX_ATTR_MOUNT_ROOT = 0x2000

/** By the four type bits of a mode. */
const kinds = new Map<number, Kind>([
  [0o01, 'fifo'],
  [0o02, 'device'],
  [0o04, 'folder'],
  [0o06, 'device'],
  [0o10, 'file'],
  [0o12, 'link'],
  [0o14, 'socket'],
])

const statx = koffi
  .load(null)
  .func('int statx(int fd, const char *path, int flags, unsigned int mask, void *into)')

export class LinuxStat {
  /** struct statx; its offsets are the same on every architecture. */
  private readonly bytes = Buffer.alloc(256)

  /** @throws DiskError. */
  open(fd: Fd, into: Stat): void {
    this.stat(fd, '', AT_EMPTY_PATH, into)
  }

  /** Of a name in a folder; a link is not followed. @throws DiskError. */
  child(folder: Fd, name: string, into: Stat): void {
    this.stat(folder, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, into)
  }

  private stat(fd: Fd, name: string, flags: number, into: Stat): void {
    const { bytes } = this
    if (statx(fd, name, flags, STATX_BASIC_STATS, bytes) !== 0) throw lastError('statx')
    const mode = bytes.readUInt16LE(28)
    into.kind = kinds.get(mode >> 12) ?? 'unknown'
    into.isMount = (bytes.readUInt32LE(8) & STATX_ATTR_MOUNT_ROOT) !== 0
    into.device = bytes.readUInt32LE(136) * 2 ** 32 + bytes.readUInt32LE(140)
    into.inode = bytes.readBigUInt64LE(32)
    into.size = bytes.readUInt32LE(40) + bytes.readUInt32LE(44) * 2 ** 32
    into.ctimeNs = bytes.readBigInt64LE(96) * 1_000_000_000n + BigInt(bytes.readUInt32LE(104))
    into.mtimeNs = bytes.readBigInt64LE(112) * 1_000_000_000n + BigInt(bytes.readUInt32LE(120))
    into.executable = (mode & 0o100) !== 0
    into.mode = mode & 0o7777
    into.links = bytes.readUInt32LE(16)
    into.owner = bytes.readUInt32LE(20)
    into.group = bytes.readUInt32LE(24)
  }
}
