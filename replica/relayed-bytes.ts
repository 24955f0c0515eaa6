/**
 * What was taken from one side of a relay and has not left for the other. Beyond the bound nothing more is read from
 * the side that it came from, so that a replica holds little of one client, however slow the other end is.
 */
import { relayedBytesPause } from '../protocol/limits.ts'

interface Source {
  pauseReading(): void
  resumeReading(): void
}

export class RelayedBytes {
  private readonly source: Source
  private bytes = 0

  constructor(source: Source) {
    this.source = source
  }

  add(bytes: number): void {
    this.bytes += bytes
    if (this.bytes > relayedBytesPause) this.source.pauseReading()
  }

  remove(bytes: number): void {
    this.bytes -= bytes
    if (this.bytes <= relayedBytesPause) this.source.resumeReading()
  }
}
