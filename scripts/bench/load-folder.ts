/** New files in a folder, as any program makes them: created, written and flushed, each by itself. */
import { mkdirSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { smallContent } from './contents.ts'
import type { Lane, LaneEvents } from './load-rate.ts'

const filesPerFolder = 1_000

export class FolderLane implements Lane {
  private readonly folder: string
  private readonly events: LaneEvents
  private readonly content = smallContent(0)
  private files = 0

  constructor(folder: string, events: LaneEvents) {
    this.folder = folder
    this.events = events
  }

  ask(): void {
    this.create(this.files++).then(
      () => this.events.onAnswer(),
      error => this.events.onFailed(error),
    )
  }

  /** Every file is closed when its answer is there. */
  close(): void {}

  private async create(number: number): Promise<void> {
    const parent = join(this.folder, String(Math.floor(number / filesPerFolder)))
    if (number % filesPerFolder === 0) mkdirSync(parent, { recursive: true })
    const file = await open(join(parent, String(number)), 'wx')
    try {
      await file.writeFile(this.content)
      await file.sync()
    } finally {
      await file.close()
    }
  }
}
