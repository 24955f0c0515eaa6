import { type FilePath, parsePath } from '../../protocol/path.ts'
import type { OnProgress } from './block-hasher.ts'
import { SharedReadings } from './shared-readings.ts'

interface Begun {
  readonly path: FilePath
  readonly onProgress: OnProgress
  end(result: string): Promise<void>
  fail(error: Error): Promise<void>
}

const nextTurn = () => new Promise<void>(setImmediate)

let begun: Begun[]
let readings: SharedReadings<string>

beforeEach(() => {
  begun = []
  readings = new SharedReadings(
    (path, onProgress) =>
      new Promise((resolve, reject) => {
        begun.push({
          path,
          onProgress,
          end(result) {
            resolve(result)
            return nextTurn()
          },
          fail(error) {
            reject(error)
            return nextTurn()
          },
        })
      }),
  )
})

const a = parsePath('a')
const joining = { fresh: false }
const fresh = { fresh: true }
const begunPaths = () => begun.map(({ path }) => path)

test('who asks while a reading runs gets its result', async () => {
  const first = readings.ask(a, joining)
  const second = readings.ask(a, joining)
  expect(begunPaths()).toEqual(['a'])
  await begun[0]!.end('read once')
  expect(await Promise.all([first, second])).toEqual(['read once', 'read once'])
})

test('who asks after a reading has ended starts another', async () => {
  void readings.ask(a, joining)
  await begun[0]!.end('one')
  void readings.ask(a, joining)
  expect(begunPaths()).toEqual(['a', 'a'])
})

test('who wants every byte read from now on never gets a reading that had begun', async () => {
  const running = readings.ask(a, joining)
  const deep = readings.ask(a, fresh)
  const alsoDeep = readings.ask(a, fresh)
  expect(begunPaths()).toEqual(['a'])
  await begun[0]!.end('before')
  expect(begunPaths()).toEqual(['a', 'a'])
  await begun[1]!.end('after')
  expect(await Promise.all([running, deep, alsoDeep])).toEqual(['before', 'after', 'after'])
})

test('all askers hear of the progress, late ones at once where it stands', () => {
  const heard: string[] = []
  const as = (name: string) => ({
    fresh: false,
    onProgress: (done: number, of: number) => void heard.push(`${name} ${done}/${of}`),
  })
  void readings.ask(a, as('first'))
  begun[0]!.onProgress(5, 10)
  void readings.ask(a, as('second'))
  begun[0]!.onProgress(10, 10)
  expect(heard).toEqual(['first 0/0', 'first 5/10', 'second 5/10', 'first 10/10', 'second 10/10'])
})

test('a burst begins four, and the others in the order of asking', async () => {
  for (const name of 'abcdefg') void readings.ask(parsePath(name), joining)
  expect(begunPaths().join('')).toBe('abcd')
  await begun[2]!.end('')
  await begun[0]!.end('')
  expect(begunPaths().join('')).toBe('abcdef')
})

test('an asker joins a reading that still waits', async () => {
  for (const name of 'abcde') void readings.ask(parsePath(name), joining)
  const deep = readings.ask(parsePath('e'), fresh)
  await begun[0]!.end('')
  expect(begunPaths().join('')).toBe('abcde')
  await begun[4]!.end('e')
  expect(await deep).toBe('e')
})

test('a failure reaches every asker, and the next one starts anew', async () => {
  const asked = [readings.ask(a, joining), readings.ask(a, joining)]
  const settled = Promise.allSettled(asked)
  await begun[0]!.fail(new Error('the disk is gone'))
  for (const outcome of await settled) expect(outcome).toMatchObject({ status: 'rejected' })
  void readings.ask(a, joining)
  expect(begun).toHaveLength(2)
})

test('drained settles after the readings that waited, too', async () => {
  let isDrained = false
  void readings.ask(a, joining)
  void readings.ask(a, fresh)
  const drained = readings.drained().then(() => {
    isDrained = true
  })
  await begun[0]!.end('')
  expect(isDrained).toBe(false)
  await begun[1]!.end('')
  await drained
})
