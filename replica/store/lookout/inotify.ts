/** The system's calls for watching folders, through koffi: one event after the other, as the kernel gives them. */
import koffi from 'koffi'
import { lastError } from '../last-error.ts'

const IN_NONBLOCK = 0o4000
const IN_CLOEXEC = 0o2000000

const IN_MODIFY = 0x2
const IN_ATTRIB = 0x4
const IN_MOVED_FROM = 0x40
const IN_MOVED_TO = 0x80
const IN_CREATE = 0x100
const IN_DELETE = 0x200
const IN_Q_OVERFLOW = 0x4000
const IN_IGNORED = 0x8000
const IN_ONLYDIR = 0x0100_0000
const IN_EXCL_UNLINK = 0x0400_0000
const IN_ISDIR = 0x4000_0000

const watched =
  IN_MODIFY | IN_ATTRIB | IN_MOVED_FROM | IN_MOVED_TO | IN_CREATE | IN_DELETE | IN_ONLYDIR | IN_EXCL_UNLINK

/** Bytes of an event in front of its name. */
const eventBytes = 16
const bufferBytes = 64 * 1024

export interface WatchEvent {
  /** The watch, by its number; -1: none. */
  readonly watch: number
  readonly what: 'changed' | 'came' | 'went' | 'watch ended' | 'events were lost'
  readonly isFolder: boolean
  /** The name in the watched folder, one char code a byte; '' for the folder itself. */
  readonly name: string
}

function loadCalls() {
  const libc = koffi.load(null)
  return {
    init: libc.func('int inotify_init1(int flags)'),
    add: libc.func('int inotify_add_watch(int fd, const char *path, uint32_t mask)'),
    remove: libc.func('int inotify_rm_watch(int fd, int watch)'),
    read: libc.func('long read(int fd, void *into, size_t size)'),
    close: libc.func('int close(int fd)'),
  }
}

export class Inotify {
  private readonly calls = loadCalls()
  private readonly fd: number
  private readonly buffer = Buffer.alloc(bufferBytes)

  /** @throws DiskError EMFILE: the user has no watcher left. */
  constructor() {
    this.fd = this.calls.init(IN_NONBLOCK | IN_CLOEXEC)
    if (this.fd < 0) throw lastError('inotify_init1')
  }

  /** @returns the watch's number: the same again for the same folder. @throws DiskError ENOSPC: no more can be watched. */
  add(folder: number): number {
    const watch = this.calls.add(this.fd, `/proc/self/fd/${folder}`, watched)
    if (watch < 0) throw lastError('inotify_add_watch')
    return watch
  }

  /** Harmless for a watch that has ended by itself. */
  remove(watch: number): void {
    this.calls.remove(this.fd, watch)
  }

  /** @returns the next events; none when there are none now. It never waits. */
  read(): WatchEvent[] {
    const bytes = Number(this.calls.read(this.fd, this.buffer, bufferBytes))
    const events: WatchEvent[] = []
    for (let at = 0; at < bytes; ) {
      const nameBytes = this.buffer.readUInt32LE(at + 12)
      events.push(this.eventAt(at, nameBytes))
      at += eventBytes + nameBytes
    }
    return events
  }

  close(): void {
    this.calls.close(this.fd)
  }

  private eventAt(at: number, nameBytes: number): WatchEvent {
    const { buffer } = this
    const mask = buffer.readUInt32LE(at + 4)
    const padded = buffer.toString('latin1', at + eventBytes, at + eventBytes + nameBytes)
    const end = padded.indexOf('\0')
    return {
      watch: buffer.readInt32LE(at),
      what: whatOf(mask),
      isFolder: (mask & IN_ISDIR) !== 0,
      name: end < 0 ? padded : padded.slice(0, end),
    }
  }
}

function whatOf(mask: number): WatchEvent['what'] {
  if ((mask & IN_Q_OVERFLOW) !== 0) return 'events were lost'
  if ((mask & IN_IGNORED) !== 0) return 'watch ended'
  if ((mask & (IN_CREATE | IN_MOVED_TO)) !== 0) return 'came'
  return (mask & (IN_DELETE | IN_MOVED_FROM)) !== 0 ? 'went' : 'changed'
}
