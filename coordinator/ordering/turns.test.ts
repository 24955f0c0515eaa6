import fc from 'fast-check'
import { type EndTurn, Turns } from './turns.ts'

/** Turns whose grants are written down in their order. */
function scripted() {
  const turns = new Turns()
  const granted: string[] = []
  const ends = new Map<string, EndTurn>()
  const take = (name: string, ...paths: string[]): void => {
    void turns.take(paths).then(end => {
      granted.push(name)
      ends.set(name, end)
    })
  }
  const settle = () => new Promise<void>(resolve => setImmediate(resolve))
  const end = (name: string): Promise<void> => {
    ends.get(name)!()
    return settle()
  }
  return { take, end, settle, granted }
}

test('changes of one path come one after the other, in the order in which they came', async () => {
  const { take, end, settle, granted } = scripted()
  for (const name of ['first', 'second', 'third']) take(name, 'a/b')
  await settle()
  expect(granted).toEqual(['first'])
  await end('first')
  expect(granted).toEqual(['first', 'second'])
  await end('second')
  expect(granted).toEqual(['first', 'second', 'third'])
})

test.each([
  ['its sibling', 'a/b', 'a/c'],
  ['a name that only begins alike', 'a/b', 'a/bc/d'],
  ['a path of another folder', 'a', 'b'],
])('a change does not wait for one of %s', async (_, one, other) => {
  const { take, settle, granted } = scripted()
  take('one', one)
  take('other', other)
  await settle()
  expect(granted).toEqual(['one', 'other'])
})

test.each([
  ['the folder above it', 'a', 'a/b'],
  ['a folder far above it', 'a', 'a/b/c/d'],
  ['what is below it', 'a/b', 'a'],
  ['what is far below it', 'a/b/c/d', 'a'],
])('a change waits for one of %s', async (_, before, after) => {
  const { take, end, settle, granted } = scripted()
  take('before', before)
  take('after', after)
  await settle()
  expect(granted).toEqual(['before'])
  await end('before')
  expect(granted).toEqual(['before', 'after'])
})

test('a change of a folder waits for all changes in it, and holds up those that come behind it', async () => {
  const { take, end, settle, granted } = scripted()
  take('x', 'a/x')
  take('y', 'a/y')
  take('folder', 'a')
  take('z', 'a/z')
  await settle()
  expect(granted).toEqual(['x', 'y'])
  await end('x')
  expect(granted).toEqual(['x', 'y'])
  await end('y')
  expect(granted).toEqual(['x', 'y', 'folder'])
  await end('folder')
  expect(granted).toEqual(['x', 'y', 'folder', 'z'])
})

test('a rename has the turn of both of its paths, or of none', async () => {
  const { take, end, settle, granted } = scripted()
  take('to', 'to')
  take('rename', 'from', 'to')
  take('from', 'from')
  await settle()
  expect(granted).toEqual(['to'])
  await end('to')
  expect(granted).toEqual(['to', 'rename'])
  await end('rename')
  expect(granted).toEqual(['to', 'rename', 'from'])
})

const paths = fc.array(fc.constantFrom('a', 'a/b', 'a/b/c', 'a/bc', 'd', 'd/e', 'f'), {
  minLength: 1,
  maxLength: 2,
})

const touches = (one: string, other: string): boolean =>
  one === other || one.startsWith(`${other}/`) || other.startsWith(`${one}/`)

test('two changes that have to do with each other never have their turns at once, and everybody has one in the end', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(paths, { maxLength: 12 }), fc.nat(), async (asked, seed) => {
      const { take, end, settle, granted } = scripted()
      asked.forEach((wanted, at) => void take(String(at), ...wanted))
      await settle()
      const over = new Set<string>()
      for (let step = seed; over.size < asked.length; step++) {
        const running = granted.filter(name => !over.has(name))
        expect(running).not.toEqual([])
        for (const one of running)
          for (const other of running)
            if (one !== other)
              expect(asked[+one]!.some(a => asked[+other]!.some(b => touches(a, b)))).toBe(false)
        const next = running[step % running.length]!
        over.add(next)
        await end(next)
      }
      // Of those that have to do with each other, the earlier one came first.
      for (const [at, one] of granted.entries())
        for (const later of granted.slice(at + 1))
          if (asked[+one]!.some(a => asked[+later]!.some(b => touches(a, b))))
            expect(+one).toBeLessThan(+later)
    }),
    { numRuns: 60 },
  )
})
