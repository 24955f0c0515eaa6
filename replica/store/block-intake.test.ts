import { digestOf } from '../../protocol/digest.ts'
import { blockBytes } from '../../protocol/limits.ts'
import { BlockIntake } from './block-intake.ts'

const content = Buffer.alloc(3 * blockBytes + 5)
for (let at = 0; at < content.length; at += 1000) content.writeUInt32LE(at, at)
const blockOf = (index: number): Buffer => content.subarray(index * blockBytes, (index + 1) * blockBytes)

function intakeOf(ranges: readonly { first: number; count: number }[], onBlock = async () => {}) {
  const blocks: [index: number, digest: string][] = []
  const intake = new BlockIntake({
    size: content.length,
    ranges,
    onBlock: async (index, block) => {
      await onBlock()
      blocks.push([index, digestOf(block).digest])
    },
  })
  return { intake, blocks }
}

const expected = (...indexes: number[]) => indexes.map(index => [index, digestOf(blockOf(index)).digest])

test.each([1, 1000, 100_000, blockBytes, 4 * blockBytes])(
  'blocks are made of pieces of %d bytes, the last and shorter one too',
  async pieceBytes => {
    const { intake, blocks } = intakeOf([
      { first: 0, count: 1 },
      { first: 2, count: 2 },
    ])
    const bytes = Buffer.concat([blockOf(0), blockOf(2), blockOf(3)])
    const step = pieceBytes === 1 ? bytes.length - 1 : pieceBytes
    for (let at = 0; at < bytes.length; at += step) {
      expect(intake.isWhole).toBe(false)
      await intake.add(bytes.subarray(at, at + step))
    }
    expect(blocks).toEqual(expected(0, 2, 3))
    expect(intake.isWhole).toBe(true)
  },
)

test('where no block is awaited it is whole, and takes no byte', async () => {
  const { intake } = intakeOf([])
  expect(intake.isWhole).toBe(true)
  await intake.add(Buffer.alloc(0))
  await expect(intake.add(Buffer.alloc(1))).rejects.toMatchObject({ code: 'BAD_FRAME' })
})

test('one byte more than is awaited is refused, and what came before it is a block', async () => {
  const { intake, blocks } = intakeOf([{ first: 3, count: 1 }])
  const bytes = Buffer.concat([blockOf(3), Buffer.alloc(1)])
  await expect(intake.add(bytes)).rejects.toMatchObject({ code: 'BAD_FRAME' })
  expect(blocks).toEqual(expected(3))
})

test('while a block is taken the next comes into another buffer, and both are what they were', async () => {
  let goOn: () => void = () => {}
  const gate = new Promise<void>(resolve => {
    goOn = resolve
  })
  const { intake, blocks } = intakeOf([{ first: 0, count: 4 }], () => gate)
  const added = [0, 1, 2, 3].map(index => intake.add(blockOf(index)))
  expect(intake.isWhole).toBe(true)
  goOn()
  await Promise.all(added)
  expect(blocks).toEqual(expected(0, 1, 2, 3))
})

test('a block that could not be taken is told to whoever adds, and none behind it is taken', async () => {
  let taken = 0
  const { intake, blocks } = intakeOf([{ first: 0, count: 3 }], async () => {
    if (++taken === 2) throw new Error('the disk')
  })
  await intake.add(blockOf(0))
  await expect(intake.add(blockOf(1))).rejects.toThrow('the disk')
  await expect(intake.add(blockOf(2))).rejects.toThrow('the disk')
  expect(blocks).toEqual(expected(0))
})
