import { turns } from '../fixtures/fake-time.ts'
import { AtMost } from './at-most.ts'

test('so much runs at once, and the rest in its order', async () => {
  const atMost = new AtMost(2)
  const begun: number[] = []
  const ends: (() => void)[] = []
  const all = Array.from({ length: 5 }, (_, at) =>
    atMost.run(async () => {
      begun.push(at)
      await new Promise<void>(resolve => ends.push(resolve))
      return at
    }),
  )
  await turns(3)
  expect(begun).toEqual([0, 1])
  ends.shift()!()
  await turns(3)
  expect(begun).toEqual([0, 1, 2])
  while (begun.length < 5) {
    ends.shift()!()
    await turns(3)
  }
  for (const end of ends) end()
  expect(await Promise.all(all)).toEqual([0, 1, 2, 3, 4])
})

test('what fails makes room as well', async () => {
  const atMost = new AtMost(1)
  const failed = atMost.run(() => Promise.reject(new Error('no')))
  const next = atMost.run(async () => 'yes')
  await expect(failed).rejects.toThrow('no')
  expect(await next).toBe('yes')
  expect(await atMost.run(async () => 'again')).toBe('again')
})
