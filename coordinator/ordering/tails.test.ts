import type { NodeName } from '../../protocol/ids.ts'
import type { Position } from './commit.ts'
import { Tails } from './tails.ts'

let tails: Tails
let isOver: boolean

beforeEach(() => {
  tails = new Tails()
  isOver = false
})

async function wait(): Promise<void> {
  void tails.over().then(() => {
    isOver = true
  })
  await Promise.resolve()
}

async function advance(settled: Record<string, number>): Promise<void> {
  const members = Object.entries(settled).map(([name, settledSeq]): [NodeName, Position] => [
    name as NodeName,
    { journaledSeq: 100, settledSeq },
  ])
  tails.advance(new Map(members))
  await Promise.resolve()
}

test('without a node that came with a tail nobody waits', async () => {
  await wait()
  expect(isOver).toBe(true)
})

test('it is over when the node has settled the record with which it came', async () => {
  tails.begin('server2' as NodeName, 8)
  await wait()
  await advance({ server1: 9, server2: 7 })
  expect(isOver).toBe(false)
  await advance({ server1: 9, server2: 8 })
  expect(isOver).toBe(true)
})

test('every node is waited for', async () => {
  tails.begin('server2' as NodeName, 8)
  tails.begin('server3' as NodeName, 9)
  await wait()
  await advance({ server2: 9, server3: 8 })
  expect(isOver).toBe(false)
  await advance({ server2: 9, server3: 9 })
  expect(isOver).toBe(true)
})

test('a node that left the set is not waited for', async () => {
  tails.begin('server2' as NodeName, 8)
  await wait()
  await advance({ server1: 9 })
  expect(isOver).toBe(true)
})

test('a record that was taken back is not waited for', async () => {
  tails.begin('server1' as NodeName, 8)
  await wait()
  tails.takeBack(7)
  await advance({ server1: 7 })
  expect(isOver).toBe(true)
})
