/** The bar that is drawn: `cli-progress`, loaded only when a work takes long enough to be shown. */
import cliProgress from 'cli-progress'
import type { ProgressBar } from './progress.ts'

const barChars = 24

export class TerminalBar implements ProgressBar {
  private readonly stream: NodeJS.WriteStream
  private bar: cliProgress.SingleBar | null = null

  constructor(stream: NodeJS.WriteStream) {
    this.stream = stream
  }

  show(fraction: number | null, before: string, behind: string): void {
    const payload = { line: { fraction, before, behind } }
    if (this.bar === null) {
      this.bar = new cliProgress.SingleBar({
        stream: this.stream,
        clearOnComplete: true,
        gracefulExit: false,
        format: (_options, _params, { line }) => lineText(line),
      })
      this.bar.start(1, fraction ?? 0, payload)
    } else {
      this.bar.update(fraction ?? 0, payload)
    }
  }

  hide(): void {
    this.bar?.stop()
    this.bar = null
  }
}

function lineText({
  fraction,
  before,
  behind,
}: {
  fraction: number | null
  before: string
  behind: string
}): string {
  if (fraction === null) return `${before} ${behind}`
  const filled = Math.floor(fraction * barChars)
  const bar = '█'.repeat(filled) + '░'.repeat(barChars - filled)
  return `${before}  ${bar} ${String(Math.floor(fraction * 100)).padStart(3)} %  ${behind}`
}
