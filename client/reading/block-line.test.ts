import { turns } from '../../fixtures/fake-time.ts'
import { BlockLine } from './block-line.ts'

const block = (text: string) => Buffer.from(text)

/** A line into a place that takes a block when the test says so. */
function held() {
  const events: string[] = []
  const taking: { resolve: () => void; reject: (error: Error) => void }[] = []
  const line = new BlockLine({
    onReleased: buffer => events.push(`released ${buffer}`),
    onRoom: () => events.push('room'),
    onFailed: error => events.push(`failed ${(error as Error).message}`),
    onIdle: () => events.push('idle'),
  })
  const sink = {
    write: (bytes: Buffer, at: number) => {
      events.push(`write ${bytes} at ${at}`)
      return new Promise<void>((resolve, reject) => taking.push({ resolve, reject }))
    },
  }
  const take = async (error?: Error) => {
    const { resolve, reject } = taking.shift()!
    if (error === undefined) resolve()
    else reject(error)
    await turns(1)
  }
  return { line, sink, events, take }
}

test('blocks are written one after the other, and each is free when it is written', async () => {
  const { line, sink, events, take } = held()
  line.put(block('a'), 0, sink)
  line.put(block('b'), 1, sink)
  expect(events).toEqual(['room', 'write a at 0'])
  expect([line.isFull, line.isIdle]).toEqual([true, false])
  await take()
  expect(events.slice(2)).toEqual(['released a', 'room', 'write b at 1'])
  expect([line.isFull, line.isIdle]).toEqual([false, false])
  await take()
  expect(events.slice(5)).toEqual(['released b', 'idle'])
  expect(line.isIdle).toBe(true)
})

test('there is room only when nothing waits', async () => {
  const { line, sink, events, take } = held()
  for (const text of ['a', 'b', 'c']) line.put(block(text), 0, sink)
  events.length = 0
  await take()
  expect(events).toEqual(['released a', 'write b at 0'])
})

test('a line that is stopped drops what waits, and lets finish what is written', async () => {
  const { line, sink, events, take } = held()
  for (const text of ['a', 'b']) line.put(block(text), 0, sink)
  line.stop()
  expect(events.at(-1)).toBe('released b')
  await take()
  expect(events.slice(-2)).toEqual(['released a', 'idle'])
})

test('a block that cannot be written stops the line, is free, and is told', async () => {
  const { line, sink, events, take } = held()
  for (const text of ['a', 'b']) line.put(block(text), 0, sink)
  events.length = 0
  await take(new Error('full'))
  expect(events).toEqual(['released b', 'failed full', 'released a', 'idle'])
})
