/**
 * Which paths something is in the way of, with the reasons, kept in `.concur/kept` across restarts: who mends what hinders
 * a server often starts it anew. A file that is missing or damaged says nothing: the paths stay marked, and are tried no more.
 */
import { type FilePath, parsePath } from '../../../protocol/path.ts'
import { type Disk, DiskError, type Fd } from '../disk.ts'
import { replaceDurably } from '../durable-file.ts'
import { readText } from '../fence.ts'

const fileName = 'kept'

export interface KeptPath {
  readonly path: FilePath
  readonly reason: string
}

export class KeptFile {
  private readonly disk: Disk
  private readonly folder: Fd
  private written: string

  /** `folder`: the server's own. */
  constructor(options: { disk: Disk; folder: Fd }) {
    this.disk = options.disk
    this.folder = options.folder
    this.written = this.text()
  }

  read(): KeptPath[] {
    try {
      const entries = Object.entries(JSON.parse(this.written) as Record<string, unknown>)
      return entries.map(([path, reason]) => ({ path: parsePath(path), reason: String(reason) }))
    } catch {
      return []
    }
  }

  /** What could not be written is tried again the next time. */
  save(kept: readonly KeptPath[]): void {
    const text = JSON.stringify(Object.fromEntries(kept.map(({ path, reason }) => [path, reason])))
    if (text === this.written || (kept.length === 0 && this.written === '')) return
    try {
      replaceDurably(this.disk, this.folder, fileName, Buffer.from(text))
      this.written = text
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
    }
  }

  private text(): string {
    try {
      return readText(this.disk, this.folder, fileName)
    } catch (error) {
      if (error instanceof DiskError) return ''
      throw error
    }
  }
}
