/**
 * Opening the folder of a journal: every segment is read, every checksum and every link of the chain of hashes is
 * checked, and the journal ends with the last record that follows from all before it. What stands behind that one:
 *
 * * zeros: nothing;
 * * a torn end, of which no whole record is left: it is cut off;
 * * anything else: it is set aside in files `damaged-<seq>-<n>`, where `seq` is the first record that is lost, and the
 *   journal goes on before it. When a later record, or the name of a later segment, bears witness that what is
 *   lost was on the disk once, then it may have been acknowledged (`wasDurable`); without a witness it was
 *   a batch that a power cut left in pieces.
 */
import type { RecordHash } from '../../../protocol/ids.ts'
import { type Fd, newStat, readFully } from '../disk.ts'
import { beginMark } from './begin-mark.ts'
import { cutMark } from './cut-mark.ts'
import { type Last, nothing } from './group-commit.ts'
import { preparedName } from './next-segment.ts'
import { type Behind, type ChainEnd, lookBehind, scanSegment } from './scan.ts'
import { decodeHeader, entriesStart, firstSeqOf, type SegmentHeader } from './segment-header.ts'
import { Segments } from './segments.ts'
import { copyNewName, isSetAside, type Remains, setAside, throwAway } from './set-aside.ts'
import { type JournalDisk, runNow } from './steps.ts'

/** What opening a journal took off its end. */
export interface Cut {
  /** The last record that is there. */
  readonly afterSeq: number
  /** Bytes that were taken off, zeros at their end not counted. */
  readonly bytes: number
  /** Whole records among them. */
  readonly records: number
  /** Whether records among them are known to have been on the disk before: the disk lost what it had. */
  readonly wasDurable: boolean
  /** Files in the journal's folder that have it now; none for a torn end. */
  readonly setAside: readonly string[]
}

export interface Opened {
  readonly segments: Segments
  /** The record behind which the journal begins. */
  readonly begin: Last
  readonly cut: Cut | null
  /** Every file that was ever set aside. */
  readonly setAside: readonly string[]
}

/** @throws ConcurError USAGE when a newer version wrote it; DiskError. */
export function openSegments(options: { disk: JournalDisk; folder: Fd }): Opened {
  const recovery = new Recovery(options)
  try {
    return recovery.run()
  } catch (error) {
    recovery.segments.close()
    throw error
  }
}

class Recovery {
  readonly segments: Segments
  private readonly disk: JournalDisk
  private readonly folder: Fd
  private names: string[] = []
  /** Segments' names in order; from some place on not part of the journal. */
  private rest: string[] = []
  private isTailClean = true
  private begin: Last = nothing
  private chain: ChainEnd = { seq: 0, hash: Buffer.from(nothing.hash, 'hex') }
  /** One for all segments, as long as the longest. */
  private buffer = Buffer.alloc(0)

  constructor({ disk, folder }: { disk: JournalDisk; folder: Fd }) {
    this.disk = disk
    this.folder = folder
    this.segments = new Segments({ disk, folder })
  }

  run(): Opened {
    // A process that was killed may have left names, and below also records, that are not on the disk yet: what is
    // built upon, and told to others, must be.
    this.disk.flush(this.folder)
    this.names = namesIn(this.disk, this.folder).sort()
    this.rest = this.names.filter(name => firstSeqOf(name) !== null)
    this.findBegin()
    const hasMark = this.names.includes(cutMark.name)
    const seqMax = hasMark ? cutMark.read(this.disk, this.folder) : null
    this.scan(seqMax ?? Number.MAX_SAFE_INTEGER)
    const { last } = this.segments
    if (last !== null) this.disk.flush(this.segments.file(last))
    for (const name of [preparedName, cutMark.newName, beginMark.newName, copyNewName])
      if (this.names.includes(name)) this.disk.remove(this.folder, name)
    const isCutShort = this.chain.seq === seqMax
    if (isCutShort) this.finishCut(seqMax)
    const cut = isCutShort || (this.isTailClean && this.rest.length === 0) ? null : this.mend()
    if (hasMark) runNow(this.disk, cutMark.remove(this.disk, this.folder))
    const before = this.names.filter(isSetAside)
    return {
      segments: this.segments,
      begin: this.begin,
      cut,
      setAside: [...before, ...(cut?.setAside ?? [])],
    }
  }

  /** What was released, or was given up, goes. A mark that cannot be understood is not needed where a segment says it too. */
  private findBegin(): void {
    if (!this.names.includes(beginMark.name)) return
    const begin = beginMark.read(this.disk, this.folder) ?? this.beginOfFirst()
    this.begin = begin
    this.chain = { seq: begin.seq, hash: Buffer.from(begin.hash, 'hex') }
    this.segments.offsets.beginAfter(begin.seq)
    const isOver = (name: string): boolean => firstSeqOf(name)! <= begin.seq
    for (const name of this.rest) if (isOver(name)) this.disk.remove(this.folder, name)
    this.rest = this.rest.filter(name => !isOver(name))
  }

  private beginOfFirst(): Last {
    const [name] = this.rest
    if (name === undefined) return nothing
    const { file, bytes } = this.load(name)
    this.disk.close(file)
    const header = decodeHeader(bytes)
    if (header === null) return nothing
    const seq = header.firstSeq - 1
    return { seq, hash: header.previous, epoch: null, committedSeq: seq }
  }

  /** Takes in segments as long as each follows from the one before, and not beyond `seqMax`. */
  private scan(seqMax: number): void {
    while (this.rest.length > 0 && this.chain.seq < seqMax) {
      const name = this.rest[0]!
      const { file, bytes } = this.load(name)
      const header = decodeOrClose(bytes, () => this.disk.close(file))
      if (header === null || bytes.length < entriesStart || !this.follows(name, header))
        return this.disk.close(file)
      const before = this.segments.last
      // What stands behind its last record is of no account, since the next segment goes on from there.
      if (before !== null && !this.isTailClean) before.size = before.end
      const { firstSeq, salt } = header
      this.segments.add({ name, firstSeq, salt, size: bytes.length, end: entriesStart }, file)
      const onEntry = (size: number) => this.segments.extend(size)
      const scanned = scanSegment({ bytes, salt, chain: this.chain, seqMax, onEntry })
      this.chain = scanned.chain
      this.isTailClean = scanned.isClean
      this.rest.shift()
    }
  }

  private follows(name: string, { firstSeq, previous }: SegmentHeader): boolean {
    return firstSeq === firstSeqOf(name) && firstSeq === this.chain.seq + 1 && previous === hashOf(this.chain)
  }

  /** A cut was ordered, and how far it came is unknown. */
  private finishCut(seq: number): void {
    for (const name of this.rest) this.disk.remove(this.folder, name)
    runNow(this.disk, this.segments.cutAfter(seq))
  }

  /** Takes off what does not belong to the journal, and keeps it if it may be worth something. */
  private mend(): Cut {
    const remains = this.remains()
    const durableSeq = Math.max(
      ...remains.map(({ behind }) => behind.durableSeq),
      ...this.rest.map(name => firstSeqOf(name)! - 1),
    )
    const records = remains.reduce((sum, { behind }) => sum + behind.entries, 0)
    const wasDurable = durableSeq > this.chain.seq
    const options = { disk: this.disk, folder: this.folder, segments: this.segments, remains }
    const cut = {
      afterSeq: this.chain.seq,
      bytes: remains.reduce((sum, { from, behind }) => sum + behind.end - from, 0),
      records,
      wasDurable,
    }
    const isStrange = remains.some(({ isWhole, from, behind }) => isWhole && behind.end > from)
    if (!wasDurable && records === 0 && !isStrange) {
      runNow(this.disk, throwAway(options))
      return { ...cut, setAside: [] }
    }
    const names: string[] = []
    runNow(this.disk, setAside({ ...options, names, taken: this.names, firstSeq: this.chain.seq + 1 }))
    return { ...cut, setAside: names }
  }

  private remains(): Remains[] {
    const remains: Remains[] = []
    const { last } = this.segments
    if (!this.isTailClean) {
      const behind = this.look(last!.name, () => ({ from: last!.end, salt: last!.salt }))
      remains.push({ name: last!.name, isWhole: false, ...behind })
    }
    for (const name of this.rest) remains.push({ name, isWhole: true, ...this.lookInto(name) })
    return remains
  }

  private lookInto(name: string): { from: number; behind: Behind } {
    return this.look(name, bytes => {
      const header = decodeHeader(bytes)
      if (header !== null) return { from: entriesStart, salt: header.salt }
      // Its first entry, if that is whole, begins with the salt.
      return { from: 0, salt: bytes.length < entriesStart + 4 ? 0 : bytes.readUInt32BE(entriesStart) }
    })
  }

  private look(name: string, where: (bytes: Buffer) => { from: number; salt: number }) {
    const { file, bytes } = this.load(name)
    this.disk.close(file)
    const { from, salt } = where(bytes)
    return { from, behind: lookBehind(bytes, from, salt) }
  }

  /** The bytes are valid until the next call. */
  private load(name: string): { file: Fd; bytes: Buffer } {
    const file = this.disk.openOwn(this.folder, name)
    try {
      const stat = newStat()
      this.disk.stat(file, stat)
      if (this.buffer.length < stat.size) this.buffer = Buffer.allocUnsafeSlow(stat.size)
      const into = this.buffer.subarray(0, stat.size)
      return { file, bytes: into.subarray(0, readFully(this.disk, file, into, 0)) }
    } catch (error) {
      this.disk.close(file)
      throw error
    }
  }
}

function hashOf(chain: ChainEnd): RecordHash {
  return chain.hash.toString('hex') as RecordHash
}

function decodeOrClose(bytes: Buffer, close: () => void): SegmentHeader | null {
  try {
    return decodeHeader(bytes)
  } catch (error) {
    close()
    throw error
  }
}

function namesIn(disk: JournalDisk, folder: Fd): string[] {
  const listing = disk.openBeneath(folder, '.', 'folder')
  try {
    const names: string[] = []
    for (let some = disk.readNames(listing); some.length > 0; some = disk.readNames(listing))
      names.push(...some)
    return names
  } finally {
    disk.close(listing)
  }
}
