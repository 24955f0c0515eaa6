/** What came of the files of a folder, in numbers: its exit status and its one line. */

import { printable } from '../words/printable.ts'
import { counted, sizeText } from '../words/quantities.ts'
import { absenceNotes } from '../words/version-words.ts'
import { type ExitStatus, worse } from './context.ts'
import { exitStatusOf, type Outcome } from './verified-read.ts'

export class FolderCount {
  /** The worst of all. */
  status: ExitStatus = 0
  /** What is neither file nor folder anywhere. */
  skipped = 0
  private files = 0
  private bytes = 0
  private differ = 0
  private failed = 0
  /** Node → files that it lacks. */
  private readonly missing = new Map<string, number>()
  private readonly notes = new Set<string>()

  add(outcome: Outcome): void {
    const status = exitStatusOf(outcome)
    this.status = worse(this.status, status)
    this.files++
    if (status === 1) this.differ++
    if (status === 2) this.failed++
    if (status === 2 || outcome.verdict === null) return
    for (const [place, { size }] of outcome.verdict.versions.entries()) {
      if (outcome.kept[place] != null) this.bytes += size
    }
    for (const node of outcome.verdict.missing) this.missing.set(node, (this.missing.get(node) ?? 0) + 1)
    for (const note of absenceNotes({ ...outcome.verdict, missing: [] })) this.notes.add(note)
  }

  /** `unreachable`: what is to be said of nodes that could not list the folder. */
  line(shown: string, unreachable: readonly string[]): string {
    const parts = [counted(this.files, 'file'), sizeText(this.bytes), `saved in ${printable(shown)}`]
    if (this.differ > 0) parts.push(`${this.differ} with copies that differ`)
    if (this.failed > 0) parts.push(`${this.failed} failed`)
    if (this.skipped > 0) parts.push(`${this.skipped} skipped`)
    for (const [node, count] of this.missing) parts.push(`(${count} missing on ${node})`)
    for (const note of new Set([...unreachable.map(said => `(${said})`), ...this.notes])) parts.push(note)
    return parts.join('  ')
  }
}
