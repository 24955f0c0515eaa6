import { LogOutput } from './log-output.ts'
import type { LogSink } from './log-sink.ts'

/** A sink that is done when the test says so, and turns that end when the test says so. */
function makeOutput(waitingLengthMax = 100) {
  const batches: string[] = []
  const now: string[] = []
  const turns: (() => void)[] = []
  let onDone: (error: Error | null) => void = () => {}
  const sink: LogSink = {
    write(batch, done) {
      batches.push(batch)
      onDone = done
    },
    writeNow: batch => void now.push(batch),
  }
  const timeouts: (() => void)[] = []
  const output = new LogOutput({
    sink,
    timers: {
      after(_, act) {
        timeouts.push(act)
        return () => {}
      },
      endOfTurn: act => void turns.push(act),
    },
    lostLine: count => `lost ${count}\n`,
    waitingLengthMax,
  })
  const endTurn = () => {
    for (const act of turns.splice(0)) act()
  }
  return { output, batches, now, timeouts, endTurn, done: (error: Error | null = null) => onDone(error) }
}

test('the lines of one turn leave in one write at its end', () => {
  const { output, batches, endTurn } = makeOutput()
  output.write('a\n')
  output.write('b\n')
  expect(batches).toEqual([])
  endTurn()
  expect(batches).toEqual(['a\nb\n'])
})

test('one write is under way at a time, and what came meanwhile follows it at once', () => {
  const { output, batches, endTurn, done } = makeOutput()
  output.write('a\n')
  endTurn()
  output.write('b\n')
  output.write('c\n')
  endTurn()
  expect(batches).toEqual(['a\n'])
  done()
  expect(batches).toEqual(['a\n', 'b\nc\n'])
})

test('lines beyond the limit are lost while nobody reads, and counted where they would have stood', () => {
  const { output, batches, endTurn, done } = makeOutput(6)
  output.write('stuck\n')
  endTurn()
  for (const line of ['1\n', '2\n', '3\n', '4\n', '5\n']) output.write(line)
  done()
  expect(batches).toEqual(['stuck\n', '1\n2\n3\nlost 2\n'])
  output.write('6\n')
  done()
  expect(batches.at(-1)).toBe('6\n')
})

test('lines that could not be written are counted, and the next are tried again', () => {
  const { output, batches, endTurn, done } = makeOutput()
  output.write('a\n')
  output.write('b\n')
  endTurn()
  done(new Error('ENOSPC'))
  output.write('c\n')
  endTurn()
  expect(batches).toEqual(['a\nb\n', 'c\nlost 2\n'])
})

test('a flush ends when everything was written', async () => {
  const { output, batches, done } = makeOutput()
  output.write('a\n')
  const flushed = output.flush(1_000)
  expect(batches).toEqual(['a\n'])
  done()
  await flushed
})

test('a flush with nothing to write ends at once', async () => {
  await makeOutput().output.flush(1_000)
})

test('a flush ends when its time is over', async () => {
  const { output, timeouts } = makeOutput()
  output.write('a\n')
  const flushed = output.flush(1_000)
  for (const act of timeouts) act()
  await flushed
})

test('at the end of the process what waits is written without waiting', () => {
  const { output, now } = makeOutput()
  output.flushNow()
  output.write('a\n')
  output.write('b\n')
  output.flushNow()
  output.flushNow()
  expect(now).toEqual(['a\nb\n'])
})
