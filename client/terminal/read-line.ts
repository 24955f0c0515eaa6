/** One line that a person types. Without an editor of its own: the terminal's keys stay what they are, Ctrl-C above all. */
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'

/** @returns '' at the end of input. */
export function readLine(input: Readable): Promise<string> {
  const lines = createInterface({ input, terminal: false })
  return new Promise(resolve => {
    lines.once('line', line => {
      resolve(line)
      lines.close()
    })
    lines.once('close', () => resolve(''))
  })
}
