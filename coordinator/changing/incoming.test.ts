import type { Place } from '../../protocol/change-messages.ts'
import { type Digest, digestOf } from '../../protocol/digest.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { NodeName, StageId } from '../../protocol/ids.ts'
import { inlineBytesMax } from '../../protocol/limits.ts'
import { Incoming } from './incoming.ts'
import type { Member, MemberStage } from './member.ts'

const stageId = 'c'.repeat(32) as StageId
const settle = () => new Promise<void>(resolve => setImmediate(resolve))

/** A node that takes bytes, unless the test says otherwise. */
class ScriptedMember implements Pick<Member, 'name' | 'survey' | 'openStage'> {
  readonly name: NodeName
  readonly pieces: Buffer[] = []
  sealed: { size: number; digest: Digest } | null = null
  stages: StageId[] = []
  ends = 0
  /** What a write waits for. */
  writes: () => Promise<void> = async () => {}
  seals: () => Promise<void> = async () => {}
  refuses: ConcurError | null = null

  constructor(name: string) {
    this.name = name as NodeName
  }

  get bytes(): Buffer {
    return Buffer.concat(this.pieces)
  }

  survey(): Promise<readonly Place[]> {
    return Promise.resolve([])
  }

  openStage(id: StageId): MemberStage {
    if (this.refuses !== null) throw this.refuses
    this.stages.push(id)
    return {
      write: bytes => {
        this.pieces.push(bytes)
        return this.writes()
      },
      seal: (size, digest) => {
        this.sealed = { size, digest }
        return this.seals()
      },
      end: () => {
        this.ends++
      },
    }
  }
}

function opened() {
  const nodes = ['server1', 'server2', 'server3'].map(name => new ScriptedMember(name))
  const [self, second, third] = nodes as [ScriptedMember, ScriptedMember, ScriptedMember]
  const lost: string[] = []
  const members = nodes as unknown as Member[]
  const incoming = new Incoming({
    self: members[0]!,
    others: () => members.slice(1),
    newStageId: () => stageId,
    onLost: ({ name }, { code }) => lost.push(`${name} ${code}`),
  })
  return { incoming, self, second, third, nodes, lost }
}

const bytesOf = (length: number): Buffer => Buffer.alloc(length, 'some bytes')
const failing = (code: 'NO_SPACE' | 'TIMEOUT' | 'IO_ERROR' | 'BAD_DIGEST') => () =>
  Promise.reject(new ConcurError(code, 'refused'))

test.each([0, 1, inlineBytesMax])(
  '%i bytes ride beside the record, and no node hears of them before',
  async size => {
    const { incoming, nodes } = opened()
    const bytes = bytesOf(size)
    await incoming.take(bytes.subarray(0, 10))
    await incoming.take(bytes.subarray(10))
    const { digest } = digestOf(bytes)
    expect(await incoming.finish(size, digest)).toMatchObject({
      ...{ size, digest, body: { bytes: size, stage: null } },
      inline: size === 0 ? null : bytes,
    })
    for (const { stages } of nodes) expect(stages).toEqual([])
  },
)

test('one byte more goes to every node as it comes, what was held first', async () => {
  const { incoming, nodes } = opened()
  const bytes = bytesOf(inlineBytesMax + 1)
  await incoming.take(bytes.subarray(0, inlineBytesMax))
  for (const { stages } of nodes) expect(stages).toEqual([])
  await incoming.take(bytes.subarray(inlineBytesMax))
  const more = bytesOf(7)
  await incoming.take(more)
  for (const node of nodes) {
    expect(node.stages).toEqual([stageId])
    expect(node.bytes.equals(Buffer.concat([bytes, more]))).toBe(true)
    expect(node.sealed).toBeNull()
  }
  const size = inlineBytesMax + 8
  const { digest } = digestOf(Buffer.concat([bytes, more]))
  const received = await incoming.finish(size, digest)
  expect(received).toMatchObject({ size, digest, body: { bytes: size, stage: stageId }, inline: null })
  for (const node of nodes) expect(node.sealed).toEqual({ size, digest })
  received.discard()
  for (const { ends } of nodes) expect(ends).toBe(1)
})

test.each([
  ['first', 0],
  ['later', inlineBytesMax + 1],
])('more may come only when every node has taken what came: the %s bytes', async (_, before) => {
  const { incoming, third } = opened()
  if (before > 0) await incoming.take(bytesOf(before))
  let taken = () => {}
  third.writes = () =>
    new Promise(resolve => {
      taken = resolve
    })
  let isTaken = false
  const take = incoming.take(bytesOf(inlineBytesMax + 1)).then(() => {
    isTaken = true
  })
  await settle()
  expect(isTaken).toBe(false)
  taken()
  await take
})

test('bytes are whole only when every node has sealed them', async () => {
  const { incoming, third } = opened()
  const bytes = bytesOf(inlineBytesMax + 1)
  let durable = () => {}
  third.seals = () =>
    new Promise(resolve => {
      durable = resolve
    })
  await incoming.take(bytes)
  let isWhole = false
  const finish = incoming.finish(bytes.length, digestOf(bytes).digest).then(() => {
    isWhole = true
  })
  await settle()
  expect(isWhole).toBe(false)
  durable()
  await finish
})

describe('a replica', () => {
  test('that has no room for a stage leaves, and the others go on', async () => {
    const { incoming, second, third, lost } = opened()
    second.refuses = new ConcurError('NO_SPACE', 'full')
    const bytes = bytesOf(inlineBytesMax + 1)
    await incoming.take(bytes)
    await incoming.finish(bytes.length, digestOf(bytes).digest)
    expect(lost).toEqual(['server2 NO_SPACE'])
    expect(third.sealed).not.toBeNull()
    expect(second.sealed).toBeNull()
  })

  test('that takes nothing for too long leaves once, is given nothing more, and the others go on', async () => {
    const { incoming, self, second, third, lost } = opened()
    second.writes = failing('TIMEOUT')
    const bytes = bytesOf(inlineBytesMax + 1)
    await incoming.take(bytes)
    await incoming.take(bytes)
    expect(lost).toEqual(['server2 TIMEOUT'])
    const all = Buffer.concat([bytes, bytes])
    await incoming.finish(all.length, digestOf(all).digest)
    expect(second.pieces).toHaveLength(1)
    expect(second.sealed).toBeNull()
    for (const node of [self, third]) expect(node.bytes.equals(all)).toBe(true)
  })

  test('whose disk fails at the end leaves, and the bytes are whole on the others', async () => {
    const { incoming, second, lost } = opened()
    second.seals = failing('IO_ERROR')
    const bytes = bytesOf(inlineBytesMax + 1)
    await incoming.take(bytes)
    await expect(incoming.finish(bytes.length, digestOf(bytes).digest)).resolves.toMatchObject({
      inline: null,
    })
    expect(lost).toEqual(['server2 IO_ERROR'])
  })

  test('that fails when nobody wants the bytes any more does not leave for that', async () => {
    const { incoming, second, lost } = opened()
    let fail = (_: Error) => {}
    second.writes = () =>
      new Promise((_, reject) => {
        fail = reject
      })
    const take = incoming.take(bytesOf(inlineBytesMax + 1))
    await settle()
    incoming.discard()
    fail(new ConcurError('UNREACHABLE', 'its stream has ended'))
    await take
    expect(lost).toEqual([])
  })
})

describe('the coordinator’s own disk', () => {
  test('that has no room refuses the change before any replica hears of it', async () => {
    const { incoming, self, second, lost } = opened()
    self.refuses = new ConcurError('NO_SPACE', 'full')
    await expect(incoming.take(bytesOf(inlineBytesMax + 1))).rejects.toMatchObject({ code: 'NO_SPACE' })
    expect(second.stages).toEqual([])
    expect(lost).toEqual([])
  })

  test.each(['writes', 'seals'] as const)(
    'that is full while it %s refuses the change, and everything is thrown away',
    async step => {
      const { incoming, self, nodes, lost } = opened()
      self[step] = failing('NO_SPACE')
      const bytes = bytesOf(inlineBytesMax + 1)
      const work = incoming.take(bytes).then(() => incoming.finish(bytes.length, digestOf(bytes).digest))
      await expect(work).rejects.toMatchObject({ code: 'NO_SPACE' })
      expect(lost).toEqual([])
      incoming.discard()
      incoming.discard()
      for (const { ends } of nodes) expect(ends).toBe(1)
    },
  )
})

test.each([
  ['as many', inlineBytesMax, 'other bytes'],
  ['as many, staged', inlineBytesMax + 1, 'other bytes'],
])('bytes that are %s, but not those of the digest, are refused', async (_, size, other) => {
  const { incoming, self } = opened()
  await incoming.take(bytesOf(size))
  const { digest } = digestOf(Buffer.alloc(size, other))
  await expect(incoming.finish(size, digest)).rejects.toMatchObject({ code: 'BAD_DIGEST' })
  expect(self.sealed).toBeNull()
})

test.each([4, 6])('5 bytes where the client says %i are refused', async size => {
  const { incoming } = opened()
  const bytes = bytesOf(5)
  await incoming.take(bytes)
  await expect(incoming.finish(size, digestOf(bytes).digest)).rejects.toMatchObject({ code: 'BAD_DIGEST' })
})

test('what comes behind a failure opens no stage', async () => {
  const { incoming, nodes } = opened()
  await incoming.take(bytesOf(inlineBytesMax))
  incoming.discard()
  await expect(incoming.take(bytesOf(1))).rejects.toMatchObject({ code: 'UNREACHABLE' })
  await expect(incoming.finish(0, digestOf(Buffer.alloc(0)).digest)).rejects.toMatchObject({
    code: 'UNREACHABLE',
  })
  for (const { stages } of nodes) expect(stages).toEqual([])
})

test('a piece is free once every node has it; one that is kept, or that a lost node may still get, is not', async () => {
  const { incoming, second } = opened()
  expect(await incoming.take(bytesOf(10))).toBe(false)
  expect(await incoming.take(bytesOf(inlineBytesMax))).toBe(true)
  expect(await incoming.take(bytesOf(10))).toBe(true)
  second.writes = failing('TIMEOUT')
  expect(await incoming.take(bytesOf(10))).toBe(false)
  expect(await incoming.take(bytesOf(10))).toBe(true)
})
