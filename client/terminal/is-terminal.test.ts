import { closeSync, openSync } from 'node:fs'
import { isTerminal } from './is-terminal.ts'

function isOne(file: string): boolean {
  const fd = openSync(file, 'r')
  try {
    return isTerminal(fd)
  } finally {
    closeSync(fd)
  }
}

test('neither a file is a terminal, nor a device that is none, nor what is closed', () => {
  expect(isOne(import.meta.filename)).toBe(false)
  expect(isOne('/dev/null')).toBe(false)
  const fd = openSync('/dev/null', 'r')
  closeSync(fd)
  expect(isTerminal(fd)).toBe(false)
})

test('a terminal is one', () => {
  const fd = openSync('/dev/ptmx', 'r+')
  try {
    expect(isTerminal(fd)).toBe(true)
  } finally {
    closeSync(fd)
  }
})
