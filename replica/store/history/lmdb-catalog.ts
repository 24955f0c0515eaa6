/** The catalog in LMDB. */
import { crc32 } from 'node:zlib'
import type { Bytes, LmdbEnvironment } from '../lmdb-environment.ts'
import { LmdbPathEntries, type ValueCodec } from '../lmdb-path-entries.ts'
import { CatalogEntries, type FiledObject, type HistoryCatalog } from './catalog.ts'
import { decodeFiled, encodeFiled, pathInFiled } from './filed-object.ts'

const completeKey = Buffer.from('history')
const completeValue = checked(Buffer.from('complete'))

const filed: ValueCodec<FiledObject> = { encode: encodeFiled, decode: decodeFiled, pathIn: pathInFiled }

export class LmdbCatalog extends CatalogEntries implements HistoryCatalog {
  isComplete: boolean
  private readonly environment: LmdbEnvironment
  private readonly positions: Bytes

  constructor(environment: LmdbEnvironment) {
    super(new LmdbPathEntries(environment, 'history', filed))
    this.environment = environment
    this.positions = environment.database('positions')
    this.isComplete = this.positions.getBinary(completeKey)?.equals(completeValue) ?? false
  }

  setComplete(isComplete: boolean): void {
    if (isComplete === this.isComplete) return
    this.isComplete = isComplete
    this.environment.write({
      database: this.positions,
      key: completeKey,
      value: isComplete ? completeValue : null,
      onWritten: () => {},
      onFailed: () => this.isComplete === isComplete,
    })
  }
}

function checked(bytes: Buffer): Buffer {
  const crc = Buffer.alloc(4)
  crc.writeUInt32LE(crc32(bytes))
  return Buffer.concat([crc, bytes])
}
