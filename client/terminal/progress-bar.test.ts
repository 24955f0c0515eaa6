import { PassThrough } from 'node:stream'
import { TerminalBar } from './progress-bar.ts'

let bar: TerminalBar | null = null
afterEach(() => bar?.hide())

test('the bar is drawn on one line, drawn anew when something changes, and gone in the end', () => {
  const terminal = Object.assign(new PassThrough(), { isTTY: true, columns: 120, rows: 24 })
  bar = new TerminalBar(terminal as unknown as NodeJS.WriteStream)
  const drawn = () => String(terminal.read() ?? '')
  for (const method of ['cursorTo', 'clearLine', 'moveCursor'] as const) {
    Object.assign(terminal, { [method]: () => terminal.write(`<${method}>`) })
  }
  bar.show(null, 'comparing big', '…')
  expect(drawn()).toContain('comparing big …')
  bar.hide()
  bar.show(0.5, 'big', '1 GiB of 2 GiB')
  expect(drawn()).toContain('big  ████████████░░░░░░░░░░░░  50 %  1 GiB of 2 GiB')
  bar.hide()
  expect(drawn()).not.toContain('\n')
  bar.hide()
  expect(drawn()).toBe('')
})
