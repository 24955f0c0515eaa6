/**
 * `.concur/stated-<seq>`: what was stated to this node, from the moment in which its journal begins behind that to the moment in
 * which all of it is settled; only the one of the record behind which the journal begins counts. Pages, one behind the
 * other, the last one with the position; without that one it is nothing.
 *
 *     u32 length · u32 CRC-32 of the rest · kind u8 (0 rows, 1 rows that take the place of earlier ones, 2 the position)
 */
import { crc32 } from 'node:zlib'
import { ByteReader, ByteWriter } from '../../../protocol/bytes.ts'
import { bucketsMax } from '../../../protocol/limits.ts'
import type { FilePath } from '../../../protocol/path.ts'
import { type StatedPosition, statedPosition } from '../../../protocol/state-messages.ts'
import { type Disk, type Fd, newStat, readFully } from '../disk.ts'
import { removeLeftover } from '../durable-file.ts'
import { seqName } from '../history.ts'
import { namesIn } from '../sweep-exchange.ts'
import { type KnownRow, knownRows } from './stated-row.ts'

const newName = 'stated.new'
const headBytes = 9
const pageBytesMax = 16 * 1024 * bucketsMax

type Kind = 'rows' | 'later' | 'position'
const kinds: readonly Kind[] = ['rows', 'later', 'position']

/** A row and its number, which no other one of the file has; counted from 1. */
export interface NumberedRow extends KnownRow {
  readonly number: number
}

const nameOf = (seq: number): string => `stated-${seqName(seq)}`

interface Place {
  readonly disk: Disk
  /** The server's own. */
  readonly folder: Fd
}

/** One that is being written. */
export class NewStatedFile {
  private readonly place: Place
  private readonly file: Fd
  private size = 0
  private readonly later = new Set<FilePath>()

  /** @throws DiskError. */
  constructor(place: Place) {
    this.place = place
    this.file = place.disk.openOwn(place.folder, newName)
    place.disk.truncate(this.file, 0)
  }

  /** @throws DiskError. */
  add(rows: readonly KnownRow[], isLater: boolean): void {
    if (rows.length === 0) return
    if (isLater) for (const { row } of rows) this.later.add(row.path)
    this.write(isLater ? 'later' : 'rows', writer => knownRows.write(writer, rows))
  }

  /** Returns when it is on the disk, whole. @throws DiskError. */
  finish(position: StatedPosition): StatedRows {
    const { disk, folder } = this.place
    try {
      this.write('position', writer => statedPosition.write(writer, position))
      disk.flush(this.file)
    } finally {
      disk.close(this.file)
    }
    disk.rename(folder, newName, nameOf(position.seq))
    disk.flush(folder)
    return new StatedRows(this.place, position, this.later)
  }

  discard(): void {
    this.place.disk.close(this.file)
    removeLeftover(this.place.disk, this.place.folder, newName)
  }

  private write(kind: Kind, fill: (writer: ByteWriter) => void): void {
    const writer = new ByteWriter()
    writer.u8(kinds.indexOf(kind))
    fill(writer)
    const content = writer.take()
    const page = Buffer.alloc(headBytes - 1 + content.length)
    page.writeUInt32BE(content.length, 0)
    page.writeUInt32BE(crc32(content), 4)
    page.set(content, headBytes - 1)
    this.place.disk.write(this.file, page, this.size)
    this.size += page.length
  }
}

/**
 * @returns what was stated at the record `seq`; null: nothing was; `damaged`: it cannot be known any more. @throws DiskError.
 */
export function openStatedRows(place: Place, seq: number): StatedRows | 'damaged' | null {
  if (!namesIn(place.disk, place.folder).includes(nameOf(seq))) return null
  const file = place.disk.openOwn(place.folder, nameOf(seq))
  try {
    const later = new Set<FilePath>()
    let position: StatedPosition | null = null
    for (const { kind, reader } of pagesOf(place.disk, file)) {
      if (kind === 'position') position = statedPosition.read(reader)
      if (kind === 'later') for (const { row } of knownRows.read(reader)) later.add(row.path)
    }
    return position?.seq === seq ? new StatedRows(place, position, later) : 'damaged'
  } finally {
    place.disk.close(file)
  }
}

/** Removes what counts no more: all but the one of this record. @throws DiskError. */
export function sweepStated({ disk, folder }: Place, exceptSeq: number | null): void {
  const kept = exceptSeq === null ? null : nameOf(exceptSeq)
  const over = namesIn(disk, folder).filter(name => /^stated(-\d{16}|\.new)$/.test(name) && name !== kept)
  for (const name of over) disk.remove(folder, name)
}

export class StatedRows {
  readonly position: StatedPosition
  private readonly place: Place
  /** What was stated of these first does not count. */
  private readonly later: ReadonlySet<FilePath>

  constructor(place: Place, position: StatedPosition, later: ReadonlySet<FilePath>) {
    this.place = place
    this.position = position
    this.later = later
  }

  /** All rows, a page at a time. @throws DiskError. */
  *pages(): Generator<readonly NumberedRow[]> {
    const { disk, folder } = this.place
    const file = disk.openOwn(folder, nameOf(this.position.seq))
    let number = 0
    try {
      for (const { kind, reader } of pagesOf(disk, file)) {
        if (kind === 'position') return
        const rows = knownRows.read(reader).map(row => ({ ...row, number: ++number }))
        yield kind === 'later' ? rows : rows.filter(({ row }) => !this.later.has(row.path))
      }
    } finally {
      disk.close(file)
    }
  }
}

/** Ends before a page that is not whole. */
function* pagesOf(disk: Disk, file: Fd): Generator<{ kind: Kind; reader: ByteReader }> {
  const stat = newStat()
  disk.stat(file, stat)
  const head = Buffer.alloc(headBytes - 1)
  for (let at = 0; at + head.length < stat.size; ) {
    if (readFully(disk, file, head, at) < head.length) return
    const length = head.readUInt32BE(0)
    if (length < 1 || length > pageBytesMax || at + head.length + length > stat.size) return
    const content = Buffer.alloc(length)
    if (readFully(disk, file, content, at + head.length) < length) return
    if (crc32(content) !== head.readUInt32BE(4)) return
    const kind = kinds[content[0]!]
    if (kind === undefined) return
    yield { kind, reader: new ByteReader(content.subarray(1)) }
    at += head.length + length
  }
}
