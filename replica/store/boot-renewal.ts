/**
 * When a store says that it knows this start of the system: once what the last loss of power may have met is looked after,
 * which is when the record `tornSeq` is settled, and what was mended is flushed. Until then a start is as after a loss of
 * power again, which does no harm; so it waits where a full disk has no room for it.
 */
import type { BootFile } from './boot-file.ts'
import type { Settler } from './settler.ts'
import { noSpace } from './trouble.ts'

export interface BootRenewalOptions {
  readonly boot: Pick<BootFile, 'renew'>
  readonly settler: Pick<Settler, 'listen' | 'settledSeq'>
  /** The record that a loss of power may have met in the middle; null: none. */
  readonly tornSeq: number | null
  /** Whether what was mended is on the disk. */
  readonly isFlushed: boolean
}

export class BootRenewal {
  private readonly options: BootRenewalOptions
  private isFlushed: boolean
  private isDone = false
  private stopListening: () => void = () => {}

  constructor(options: BootRenewalOptions) {
    this.options = options
    this.isFlushed = options.isFlushed
  }

  /** @throws DiskError. */
  begin(): void {
    this.stopListening = this.options.settler.listen({ onSettled: () => this.renew() })
    this.renew()
  }

  /** All that is settled is on the disk. @throws DiskError. */
  flushed(): void {
    this.isFlushed = true
    this.renew()
  }

  private renew(): void {
    const { boot, settler, tornSeq } = this.options
    if (this.isDone || !this.isFlushed || settler.settledSeq < (tornSeq ?? 0)) return
    try {
      boot.renew()
      this.isDone = true
      this.stopListening()
    } catch (error) {
      if (!noSpace(error)) throw error
    }
  }
}
