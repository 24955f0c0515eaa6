/** A copy of the tracked files, in which bugs are planted: the sources themselves are never touched. */
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { edited } from './edit.ts'
import type { Edit } from './planted-bug.ts'

export class Copy {
  readonly folder: string
  private readonly sources: string

  /** Copies what is tracked in `sources`, as it is in the working tree, and borrows its packages. */
  constructor(sources: string, folder: string) {
    this.sources = sources
    this.folder = folder
    const listed = execFileSync('git', ['ls-files', '-z'], { cwd: sources, encoding: 'utf8' })
    for (const file of listed.split('\0').filter(name => name !== '' && existsSync(join(sources, name)))) {
      mkdirSync(dirname(join(folder, file)), { recursive: true })
      copyFileSync(join(sources, file), join(folder, file))
    }
    symlinkSync(join(sources, 'node_modules'), join(folder, 'node_modules'))
  }

  /** @throws NoLongerApplies. */
  plant(edits: readonly Edit[]): void {
    for (const edit of edits) {
      const file = join(this.folder, edit.file)
      writeFileSync(file, edited(readFileSync(file, 'utf8'), edit))
    }
  }

  /** Makes the files of these edits what they were. */
  restore(edits: readonly Edit[]): void {
    for (const { file } of edits) copyFileSync(join(this.sources, file), join(this.folder, file))
  }
}
