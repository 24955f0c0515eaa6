import { relayedBytesPause } from '../protocol/limits.ts'
import { RelayedBytes } from './relayed-bytes.ts'

/** Whether the side that the bytes come from is read. */
function watched() {
  const source = {
    isRead: true,
    pauseReading() {
      source.isRead = false
    },
    resumeReading() {
      source.isRead = true
    },
  }
  return { source, bytes: new RelayedBytes(source) }
}

test('up to the bound the side that bytes come from is read, beyond it no more', () => {
  const { source, bytes } = watched()
  bytes.add(relayedBytesPause)
  expect(source.isRead).toBe(true)
  bytes.add(1)
  expect(source.isRead).toBe(false)
})

test('it is read again when no more than the bound is left', () => {
  const { source, bytes } = watched()
  for (let at = 0; at < 3; at++) bytes.add(relayedBytesPause)
  bytes.remove(relayedBytesPause)
  expect(source.isRead).toBe(false)
  bytes.remove(relayedBytesPause - 1)
  expect(source.isRead).toBe(false)
  bytes.remove(1)
  expect(source.isRead).toBe(true)
})
