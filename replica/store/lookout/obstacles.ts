/**
 * Tries again what records could not do because something was in the way: whenever anything has changed on the disk, with
 * each scan, and after a start. Most tries find the obstacle as it was, and cost a few calls of the system.
 * Clause: ../README.md "When it is not possible".
 */
import type { FilePath } from '../../../protocol/path.ts'
import { DiskError } from '../disk.ts'
import { isObstacle } from '../install/refusals.ts'
import type { Slices } from '../slices.ts'
import type { Findings } from './findings.ts'
import type { LookoutGround } from './ground.ts'
import type { KeptFile } from './kept-file.ts'

export interface ObstaclesOptions {
  readonly ground: Pick<LookoutGround, 'tryAgain' | 'fence'>
  readonly findings: Findings
  /** Remembers them across restarts. */
  readonly file: Pick<KeptFile, 'read' | 'save'>
  /** The path is what its record says now. */
  readonly onInstalled: (path: FilePath) => void
}

export class Obstacles {
  private readonly options: ObstaclesOptions

  constructor(options: ObstaclesOptions) {
    this.options = options
  }

  /** Marks what was in the way when the server ran last. */
  recall(): void {
    const { file, findings } = this.options
    for (const { path, reason } of file.read()) findings.keep(path, reason)
  }

  remember(): void {
    const { file, findings } = this.options
    file.save(findings.marks.kept(isObstacle))
  }

  async tryAgain(slices: Slices, isOver: () => boolean): Promise<void> {
    const { ground, findings, onInstalled } = this.options
    for (const { path } of findings.marks.kept(isObstacle)) {
      if (isOver() || ground.fence.reason !== null) return
      if (await this.tryOne(path)) {
        this.lookAtAllOn(path)
        onInstalled(path)
      }
      if (slices.isUsedUp) await slices.next()
    }
    this.remember()
  }

  /** The folders above may have been missing as well. */
  private lookAtAllOn(path: FilePath): void {
    const { findings } = this.options
    for (let at = path.length; at > 0; at = path.lastIndexOf('/', at - 1)) {
      const place = path.slice(0, at) as FilePath
      if (findings.marks.has(place)) findings.look(place)
    }
  }

  /** A disk in trouble is met by whoever has to write: here it is one obstacle more. */
  private async tryOne(path: FilePath): Promise<boolean> {
    try {
      return await this.options.ground.tryAgain(path)
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      return false
    }
  }
}
