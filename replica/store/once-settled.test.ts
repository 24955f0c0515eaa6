import { onceSettled } from './once-settled.ts'
import type { SettlerEvents } from './settler.ts'

let listeners: Set<Partial<SettlerEvents>>
let times: number
let callOff: () => void

beforeEach(() => {
  listeners = new Set()
  times = 0
  const settler = {
    listen: (listener: Partial<SettlerEvents>) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
  callOff = onceSettled(settler, 3, () => times++)
})

function settle(seq: number): void {
  for (const { onSettled } of [...listeners]) onSettled?.(seq, [], {} as never)
}

test('who waits for a record is told once, when that or a later one is settled', () => {
  settle(2)
  expect([times, listeners.size]).toEqual([0, 1])
  settle(4)
  settle(5)
  expect([times, listeners.size]).toEqual([1, 0])
})

test('who waits no more is not told, and nothing is kept for it', () => {
  callOff()
  settle(3)
  expect([times, listeners.size]).toEqual([0, 0])
})
