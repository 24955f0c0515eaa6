/**
 * What to do with bytes that stand behind the end of a journal: keep them in files of their own, or not at all. The
 * order of the steps is such that a crash between two of them leaves what the next opening judges in the same way:
 * the bytes are copied before they are cut off, and the names of later segments, which are witnesses, go last.
 */
import { type Fd, readFully } from '../disk.ts'
import type { Behind } from './scan.ts'
import type { Segments } from './segments.ts'
import type { JournalDisk, Steps } from './steps.ts'

/** A copy that is not whole yet. */
export const copyNewName = 'damaged.new'

/** Bytes that do not belong to the journal: the end of its last segment, or a whole segment. */
export interface Remains {
  readonly name: string
  readonly isWhole: boolean
  readonly from: number
  readonly behind: Behind
}

interface Options {
  readonly disk: JournalDisk
  readonly folder: Fd
  readonly segments: Segments
  readonly remains: readonly Remains[]
}

export function isSetAside(name: string): boolean {
  return /^damaged-\d{16}-\d+$/.test(name)
}

/** `names`: filled with the names that the remains have then; `taken`: names that are in use. */
export function* setAside(
  options: Options & { firstSeq: number; taken: readonly string[]; names: string[] },
): Steps {
  const { disk, folder, segments, remains, names } = options
  for (const { name, isWhole, from, behind } of remains) {
    const newName = freeName(options.firstSeq, [...options.taken, ...names])
    names.push(newName)
    if (isWhole) {
      disk.rename(folder, name, newName)
    } else {
      yield* copyOut(options, { from, end: behind.end, newName })
      yield* segments.endLast()
    }
  }
  yield folder
}

export function* throwAway({ disk, folder, segments, remains }: Options): Steps {
  for (const { name, isWhole } of remains) {
    if (isWhole) disk.remove(folder, name)
    else yield* segments.endLast()
  }
  yield folder
}

function* copyOut(options: Options, what: { from: number; end: number; newName: string }): Steps {
  const { disk, folder, segments } = options
  const bytes = Buffer.allocUnsafeSlow(what.end - what.from)
  const read = readFully(disk, segments.file(segments.last!), bytes, what.from)
  const copy = disk.openOwn(folder, copyNewName)
  try {
    disk.truncate(copy, 0)
    disk.write(copy, bytes.subarray(0, read), 0)
    yield copy
  } finally {
    disk.close(copy)
  }
  disk.rename(folder, copyNewName, what.newName)
  yield folder
}

function freeName(seq: number, taken: readonly string[]): string {
  for (let n = 1; ; n++) {
    const name = `damaged-${String(seq).padStart(16, '0')}-${n}`
    if (!taken.includes(name)) return name
  }
}
