import { FakeTime } from '../../fixtures/fake-time.ts'
import type { NodeName } from '../../protocol/ids.ts'
import { type ProgressBar, ProgressLine } from './progress.ts'

const MiB = 1024 * 1024
const [one, other] = ['server1', 'server2'] as NodeName[]

test('while nodes read their copies it is the one furthest behind that is shown, and another file begins anew', async () => {
  const time = new FakeTime()
  const shown: string[] = []
  const bar: ProgressBar = { show: (_, __, behind) => void shown.push(behind), hide() {} }
  const line = new ProgressLine({ clock: time, timers: time, loadBar: async () => bar })
  const work = line.begin('big')
  const show = async (node: NodeName, done: number, total: number): Promise<string> => {
    work.comparing({ node, bytesDone: done * MiB, bytesTotal: total * MiB })
    await time.pass(500)
    return shown.at(-1)!.split('  ')[0]!
  }
  expect(await show(one!, 400, 1000)).toBe('400 MiB of 1000 MiB')
  expect(await show(other!, 384, 1000)).toBe('384 MiB of 1000 MiB')
  expect(await show(one!, 500, 1000)).toBe('384 MiB of 1000 MiB')
  expect(await show(other!, 510, 1000)).toBe('500 MiB of 1000 MiB')
  expect(await show(other!, 1, 20)).toBe('1 MiB of 20 MiB')
  work.end()
})
