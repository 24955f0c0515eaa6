import { commands } from '../client/commands.ts'
import { globalOptions } from '../client/global-options.ts'
import { manualPage } from './manual.ts'

const page = manualPage({ commands, globalOptions, version: '1.2.3', date: '2026-11-28' })
const lines = page.split('\n')

/** As it is read: without the marks. */
const shown = page.replaceAll(/\\f[BIR]/g, '').replaceAll('\\-', '-')

test('names the version and its day', () => {
  expect(lines[0]).toBe('.TH CONCUR 1 2026-11-28 "concur 1.2.3" "User Commands"')
})

test('has every command with its words, and every option with what it does', () => {
  for (const [name, { options, describe }] of Object.entries(commands)) {
    expect(shown).toMatch(new RegExp(`^\\.TP\n${name}( |$)`, 'm'))
    expect(shown).toContain(describe)
    for (const option of Object.keys(options)) expect(shown).toContain(`--${option}`)
  }
  for (const option of Object.keys(globalOptions)) expect(shown).toContain(`--${option}`)
  expect(shown).toContain('-r, --recursive\n')
  expect(shown).toContain('lock PATH [-- COMMAND…]')
})

test('has no line that begins a command which is none of man(7)', () => {
  const begun = lines.filter(line => line.startsWith('.')).map(line => line.split(' ')[0])
  expect([...new Set(begun)].sort()).toEqual(['.B', '.RE', '.RS', '.SH', '.TH', '.TP'])
})

test('shows a line as it is that would begin a command', () => {
  const told = manualPage({
    commands: { x: { ...commands.get!, describe: ".profile isn't read\\written" } },
    globalOptions: {},
    version: '1',
    date: '2026-11-28',
  })
  expect(told).toContain("\\&.profile isn't read\\ewritten")
})
