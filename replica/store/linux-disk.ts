/**
 * The real disk: node:fs, and through koffi the calls that Node lacks. What is below a descriptor and belongs to
 * the server itself is named `/proc/self/fd/N/name`: the same folder, wherever it was moved.
 */
import fs from 'node:fs'
import koffi from 'koffi'
import { type Disk, DiskError, type Fd, type Landed, type Stat, type WantsName } from './disk.ts'
import { lastError } from './last-error.ts'
import { LinuxStat } from './linux-stat.ts'
import { openBeneath } from './open-beneath.ts'

const O_CLOEXEC = 0o2000000
const { O_RDONLY, O_RDWR, O_APPEND, O_CREAT, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = fs.constants

const LOCK_EX_NB = 2 | 4

/** Reads what lies in memory, and waits for nothing. */
const RWF_NOWAIT = 0x08

const RENAME_NOREPLACE = 1
const RENAME_EXCHANGE = 2
const AT_REMOVEDIR = 0x200
const SEEK_CUR = 1
const SYNC_FILE_RANGE_WRITE = 2
const DT_UNKNOWN = 0
const DT_DIR = 4
/** Leaves a time as it is. */
const UTIME_OMIT = 0x3ffffffen
const attributeNamesBytesMax = 64 * 1024
const attributeBytesMax = 64 * 1024

const direntBytes = 64 * 1024

function loadCalls() {
  const libc = koffi.load(null)
  const parts = koffi.pointer(koffi.struct({ base: 'void *', length: 'size_t' }))
  return {
    open: libc.func('int open(const char *path, int flags)'),
    close: libc.func('int close(int fd)'),
    flock: libc.func('int flock(int fd, int operation)'),
    preadv2: libc.func('preadv2', 'long', ['int', parts, 'int', 'long', 'int']),
    getdents: libc.func('long getdents64(int fd, void *into, size_t size)'),
    renameat2: libc.func(
      'int renameat2(int from, const char *name, int to, const char *newName, unsigned int flags)',
    ),
    mkdirat: libc.func('int mkdirat(int folder, const char *name, unsigned int mode)'),
    unlinkat: libc.func('int unlinkat(int folder, const char *name, int flags)'),
    lseek: libc.func('int64_t lseek(int fd, int64_t offset, int whence)'),
    futimens: libc.func('int futimens(int fd, void *times)'),
    listxattr: libc.func('long listxattr(const char *path, void *into, size_t size)'),
    getxattr: libc.func('long getxattr(const char *path, const char *name, void *into, size_t size)'),
    setxattr: libc.func(
      'int setxattr(const char *path, const char *name, void *value, size_t size, int flags)',
    ),
    fallocate: libc.func('int fallocate(int fd, int mode, int64_t offset, int64_t size)'),
    syncfs: libc.func('int syncfs(int fd)'),
    syncFileRange: libc.func('int sync_file_range(int fd, int64_t offset, int64_t size, unsigned int flags)'),
  }
}

export class LinuxDisk implements Disk {
  private readonly calls = loadCalls()
  private readonly statCalls = new LinuxStat()
  private readonly dirents = Buffer.alloc(direntBytes)

  openFolder(name: string): Fd {
    return asked('open', () => fs.openSync(name, O_RDONLY | O_DIRECTORY) as Fd)
  }

  openBeneath(folder: Fd, path: string, as: 'place' | 'folder'): Fd {
    return openBeneath(folder, path, as)
  }

  openFile(place: Fd): Fd {
    const fd = this.calls.open(`/proc/self/fd/${place}`, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    if (fd < 0) throw lastError('open')
    return fd as Fd
  }

  stat(fd: Fd, into: Stat): void {
    this.statCalls.open(fd, into)
  }

  statChild(folder: Fd, name: string, into: Stat): void {
    this.statCalls.child(folder, name, into)
  }

  readNames(folder: Fd, wants?: WantsName): string[] {
    const names: string[] = []
    while (names.length === 0) {
      const bytes = Number(this.calls.getdents(folder, this.dirents, direntBytes))
      if (bytes < 0) throw lastError('getdents64')
      if (bytes === 0) break
      this.takeNames(bytes, names, wants)
    }
    return names
  }

  read(file: Fd, into: Uint8Array, position: number): number {
    return asked('read', () => fs.readSync(file, into, 0, into.length, position))
  }

  readNow(file: Fd, into: Uint8Array, position: number): number | null {
    const part = { base: into, length: into.length }
    const bytes = Number(this.calls.preadv2(file, [part], 1, position, RWF_NOWAIT))
    if (bytes >= 0) return bytes
    const error = lastError('preadv2')
    if (error.code === 'EAGAIN' || error.code === 'EOPNOTSUPP') return null
    throw error
  }

  readSoon(file: Fd, into: Uint8Array, position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      fs.read(file, into, 0, into.length, position, (error, bytes) => {
        if (error === null) resolve(bytes)
        else reject(diskError('read', error))
      })
    })
  }

  freeBytes(folder: Fd): number {
    const { bavail, bsize } = asked('statfs', () => fs.statfsSync(`/proc/self/fd/${folder}`))
    return bavail * bsize
  }

  fileSystem(folder: Fd): number {
    return asked('statfs', () => fs.statfsSync(`/proc/self/fd/${folder}`)).type
  }

  freeFiles(folder: Fd): number {
    const { files, ffree } = asked('statfs', () => fs.statfsSync(`/proc/self/fd/${folder}`))
    return files === 0 ? Number.POSITIVE_INFINITY : ffree
  }

  totalBytes(folder: Fd): number {
    const { blocks, bsize } = asked('statfs', () => fs.statfsSync(`/proc/self/fd/${folder}`))
    return blocks * bsize
  }

  close(fd: Fd): void {
    this.calls.close(fd)
  }

  makeFolder(folder: Fd, name: string): void {
    try {
      fs.mkdirSync(`/proc/self/fd/${folder}/${name}`, 0o700)
    } catch (error) {
      const failed = diskError('mkdir', error)
      if (failed.code !== 'EEXIST') throw failed
    }
  }

  openOwn(folder: Fd, name: string): Fd {
    return asked(
      'open',
      () => fs.openSync(`/proc/self/fd/${folder}/${name}`, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600) as Fd,
    )
  }

  write(file: Fd, bytes: Uint8Array, position: number): void {
    let done = 0
    while (done < bytes.length)
      done += asked('write', () => fs.writeSync(file, bytes, done, bytes.length - done, position + done))
  }

  truncate(file: Fd, size: number): void {
    asked('ftruncate', () => fs.ftruncateSync(file, size))
  }

  flush(fd: Fd): void {
    asked('fsync', () => fs.fsyncSync(fd))
  }

  rename(folder: Fd, from: string, to: string): void {
    asked('rename', () => fs.renameSync(`/proc/self/fd/${folder}/${from}`, `/proc/self/fd/${folder}/${to}`))
  }

  remove(folder: Fd, name: string): void {
    asked('unlink', () => fs.unlinkSync(`/proc/self/fd/${folder}/${name}`))
  }

  lock(file: Fd): boolean {
    if (this.calls.flock(file, LOCK_EX_NB) === 0) return true
    const error = lastError('flock')
    if (error.code === 'EAGAIN') return false
    throw error
  }

  writeSoon(file: Fd, bytes: Uint8Array, position: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const go = (done: number) =>
        fs.write(file, bytes, done, bytes.length - done, position + done, (error, written) => {
          if (error !== null) reject(diskError('write', error))
          else if (done + written < bytes.length) go(done + written)
          else resolve()
        })
      go(0)
    })
  }

  flushSoon(fd: Fd): Promise<void> {
    return soon('fsync', done => fs.fsync(fd, done))
  }

  flushDataSoon(file: Fd): Promise<void> {
    return soon('fdatasync', done => fs.fdatasync(file, done))
  }

  /** Of its errors the kernel tells the flush, too. */
  beginFlush(file: Fd, position: number, bytes: number): Promise<void> {
    return new Promise(resolve =>
      this.calls.syncFileRange.async(file, position, bytes, SYNC_FILE_RANGE_WRITE, () => resolve()),
    )
  }

  moveNew(from: Fd, name: string, to: Fd, newName: string): void {
    this.renameat2(from, name, to, newName, RENAME_NOREPLACE)
  }

  exchange(folder: Fd, name: string, other: Fd, otherName: string): void {
    this.renameat2(folder, name, other, otherName, RENAME_EXCHANGE)
  }

  makeTreeFolder(folder: Fd, name: string): void {
    if (this.calls.mkdirat(folder, name, 0o777) !== 0) throw lastError('mkdirat')
  }

  removeFolder(folder: Fd, name: string): void {
    if (this.calls.unlinkat(folder, name, AT_REMOVEDIR) !== 0) throw lastError('unlinkat')
  }

  openToAppend(place: Fd): Fd {
    const fd = this.calls.open(`/proc/self/fd/${place}`, O_RDWR | O_APPEND | O_NONBLOCK | O_CLOEXEC)
    if (fd < 0) throw lastError('open')
    return fd as Fd
  }

  append(file: Fd, bytes: Uint8Array): Landed {
    const written = asked('write', () => fs.writeSync(file, bytes, 0, bytes.length, null))
    return { at: Number(this.calls.lseek(file, 0, SEEK_CUR)) - written, bytes: written }
  }

  setModifiedAt(file: Fd, timeMs: number): void {
    const times = Buffer.alloc(32)
    times.writeBigInt64LE(UTIME_OMIT, 8)
    times.writeBigInt64LE(BigInt(Math.floor(timeMs / 1000)), 16)
    times.writeBigInt64LE(BigInt(timeMs % 1000) * 1_000_000n, 24)
    if (this.calls.futimens(file, times) !== 0) throw lastError('futimens')
  }

  setMode(file: Fd, mode: number): void {
    asked('fchmod', () => fs.fchmodSync(file, mode))
  }

  setOwner(file: Fd, owner: number, group: number): void {
    asked('fchown', () => fs.fchownSync(file, owner, group))
  }

  attributeNames(file: Fd): string[] {
    const names = Buffer.alloc(attributeNamesBytesMax)
    const bytes = Number(this.calls.listxattr(`/proc/self/fd/${file}`, names, names.length))
    if (bytes < 0) throw lastError('listxattr')
    return names
      .toString('utf8', 0, bytes)
      .split('\0')
      .filter(name => name !== '')
  }

  attribute(file: Fd, name: string): Buffer {
    const value = Buffer.alloc(attributeBytesMax)
    const bytes = Number(this.calls.getxattr(`/proc/self/fd/${file}`, name, value, value.length))
    if (bytes < 0) throw lastError('getxattr')
    return value.subarray(0, bytes)
  }

  setAttribute(file: Fd, name: string, value: Buffer): void {
    const set = this.calls.setxattr(`/proc/self/fd/${file}`, name, value, value.length, 0)
    if (set !== 0) throw lastError('setxattr')
  }

  allocate(file: Fd, size: number): void {
    if (this.calls.fallocate(file, 0, 0, size) !== 0) throw lastError('fallocate')
  }

  flushAllSoon(folder: Fd): Promise<void> {
    return new Promise((resolve, reject) => {
      this.calls.syncfs.async(folder, (error: Error | null, result: number) => {
        if (error !== null) reject(diskError('syncfs', error))
        else if (result !== 0) reject(lastError('syncfs'))
        else resolve()
      })
    })
  }

  /** Offsets: struct linux_dirent64. */
  private takeNames(bytes: number, names: string[], wants?: WantsName): void {
    const { dirents } = this
    for (let at = 0; at < bytes; at += dirents.readUInt16LE(at + 16)) {
      const begin = at + 19
      const end = dirents.indexOf(0, begin)
      const type = dirents[at + 18]!
      const mayBeFolder = type === DT_DIR || type === DT_UNKNOWN
      if (wants !== undefined && !wants(dirents, begin, end, mayBeFolder)) continue
      const name = dirents.toString('latin1', begin, end)
      if (name !== '.' && name !== '..') names.push(name)
    }
  }

  private renameat2(from: Fd, name: string, to: Fd, newName: string, flags: number): void {
    if (this.calls.renameat2(from, name, to, newName, flags) !== 0) throw lastError('renameat2')
  }
}

function asked<T>(call: string, act: () => T): T {
  try {
    return act()
  } catch (error) {
    throw diskError(call, error)
  }
}

function soon(call: string, act: (done: (error: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) =>
    act(error => (error === null ? resolve() : reject(diskError(call, error)))),
  )
}

function diskError(call: string, error: unknown): DiskError {
  return new DiskError((error as NodeJS.ErrnoException).code ?? 'unknown', call, { cause: error })
}
