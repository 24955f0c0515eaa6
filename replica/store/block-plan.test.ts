import fc from 'fast-check'
import { type FoundBlock, findBlocks } from './block-plan.ts'

/** @returns the digests of a file whose blocks these letters stand for. */
const file = (blocks: string): Buffer => Buffer.concat([...blocks].map(letter => Buffer.alloc(32, letter)))

/** Follows the plan; `fails`: those blocks cannot be had after all. */
function follow(
  content: string,
  sources: readonly string[],
  {
    there = [],
    fails = () => false,
  }: { there?: readonly number[]; fails?: (found: FoundBlock) => boolean } = {},
): { got: (FoundBlock | null)[]; missing: number[] } {
  const have = new Set(there)
  const got: (FoundBlock | null)[] = []
  const wanted = { blockDigests: file(content), isThere: (index: number) => have.has(index) }
  for (const found of findBlocks(wanted, sources.map(file))) {
    got.push(found)
    if (found !== null && !fails(found)) have.add(found.index)
  }
  return { got, missing: [...content].flatMap((_, index) => (have.has(index) ? [] : [index])) }
}

const found = (index: number, source: number, block: number): FoundBlock => ({ index, source, block })

test('a block that one file has at the same place is taken from there', () => {
  const { got, missing } = follow('abXd', ['abcd'])
  expect(got).toEqual([found(0, 0, 0), found(1, 0, 1), found(3, 0, 3)])
  expect(missing).toEqual([2])
})

test('a block at the same place goes before one at another, in whichever file it is', () => {
  expect(follow('ab', ['xa', 'ab']).got).toEqual([found(0, 1, 0), found(1, 1, 1)])
})

test('blocks that were moved are found where they are now, each place where they are wanted', () => {
  const { got, missing } = follow('Xabca', ['abc'])
  expect(got).toEqual([found(1, 0, 0), found(4, 0, 0), found(2, 0, 1), found(3, 0, 2)])
  expect(missing).toEqual([0])
})

test('what is there already is looked for nowhere', () => {
  expect(follow('abc', ['abc'], { there: [0, 2] }).got).toEqual([found(1, 0, 1)])
  expect(follow('abc', ['cab'], { there: [0, 1, 2] }).got).toEqual([])
})

test('a block that could not be had at the same place is looked for at another', () => {
  const fails = ({ source, block }: FoundBlock) => source === 0 && block === 1
  const { got, missing } = follow('ab', ['ab', 'ba'], { fails })
  expect(got).toEqual([found(0, 0, 0), found(1, 0, 1), found(1, 1, 0)])
  expect(missing).toEqual([])
})

test('a block that could not be had is not tried at the same place twice', () => {
  expect(follow('a', ['a'], { fails: () => true }).got).toEqual([found(0, 0, 0)])
})

test.each([
  ['no file', []],
  ['an empty file', ['']],
  ['a file that has nothing in common', ['xyz']],
])('from %s nothing is taken', (_, sources) => {
  const { got, missing } = follow('abc', sources)
  expect(got).toEqual([])
  expect(missing).toEqual([0, 1, 2])
})

test('digests that only begin alike are told apart', () => {
  const [one, other] = [file('a'), file('a')]
  other[31] = 0xff
  const wanted = { blockDigests: Buffer.concat([file('x'), one]), isThere: () => false }
  expect([...findBlocks(wanted, [other])]).toEqual([])
  expect([...findBlocks(wanted, [Buffer.concat([other, file('yz'), one])])]).toEqual([found(1, 0, 3)])
})

test('long lists leave others their turn', () => {
  const blocks = 20_000
  const many = Buffer.alloc(blocks * 32)
  for (let at = 0; at < blocks; at++) many.writeUInt32BE(at + 1, at * 32)
  const others = Buffer.from(many).reverse()
  const wanted = { blockDigests: many, isThere: () => false }
  const pauses = [...findBlocks(wanted, [others])].filter(step => step === null)
  expect(pauses.length).toBeGreaterThanOrEqual(12)
})

test('of more blocks than are looked for elsewhere only those at the same place are found', () => {
  const blocks = 65_538
  const many = Buffer.alloc(blocks * 32)
  for (let at = 0; at < blocks; at++) many.writeUInt32BE(at + 1, at * 32)
  const moved = Buffer.concat([many.subarray(0, 32), many.subarray(64), many.subarray(32, 64)])
  const wanted = { blockDigests: many, isThere: () => false }
  const steps = [...findBlocks(wanted, [moved])].filter(step => step !== null)
  expect(steps).toEqual([found(0, 0, 0)])
})

test('whatever the files are, each block that one of them has is found once, and is that block', () => {
  const blocks = fc.string({ unit: fc.constantFrom(...'abcdef'), maxLength: 12 })
  fc.assert(
    fc.property(blocks, fc.array(blocks, { maxLength: 3 }), (content, sources) => {
      const { got, missing } = follow(content, sources)
      for (const step of got) expect(sources[step!.source]![step!.block]).toBe(content[step!.index])
      expect(new Set(got.map(step => step!.index)).size).toBe(got.length)
      const held = sources.join('')
      expect(missing).toEqual([...content].flatMap((letter, at) => (held.includes(letter) ? [] : [at])))
    }),
  )
})
