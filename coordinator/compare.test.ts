import { FakeTime, turns } from '../fixtures/fake-time.ts'
import { fileCopy, nodeOf, ScriptedNode } from '../fixtures/scripted-node.ts'
import type { Progress, Verdict } from '../protocol/messages.ts'
import type { FilePath } from '../protocol/path.ts'
import type { NodeAnswer } from '../protocol/verdict.ts'
import { compareCopies } from './compare.ts'

const path = 'a.txt' as FilePath
const timers = new FakeTime()
const options = { deep: false, timers, onProgress() {} }

/** A node that answers when the test says so. */
function lateNode(name: string) {
  let answer!: (answer: NodeAnswer) => void
  const answered = new Promise<NodeAnswer>(resolve => {
    answer = resolve
  })
  return { node: new ScriptedNode(name, { look: () => answered }), answer }
}

test('copies that are known at once are compared in this turn', () => {
  const verdicts: Verdict[] = []
  compareCopies(
    [nodeOf('server1', { 'a.txt': 'x' }), nodeOf('server2', { 'a.txt': 'x' })],
    path,
    options,
    verdict => verdicts.push(verdict),
  )
  expect(verdicts.map(({ verdict }) => verdict)).toEqual(['SINGLE_FILE'])
})

test('every node is asked before any has answered, its own copy when the questions have left, and the verdict waits for the last one', async () => {
  const verdicts: Verdict[] = []
  const [first, second] = [lateNode('server1'), lateNode('server2')]
  const third = nodeOf('server3', { 'a.txt': 'x' })
  compareCopies([first.node, second.node, third], path, options, verdict => verdicts.push(verdict))
  expect([first.node, second.node, third].map(({ asked }) => asked)).toEqual([
    [],
    ['look a.txt'],
    ['look a.txt'],
  ])
  await turns(1)
  expect(first.node.asked).toEqual(['look a.txt'])
  second.answer({ node: second.node.name, copy: fileCopy('y') })
  await turns(1)
  expect(verdicts).toEqual([])
  first.answer({ node: first.node.name, copy: fileCopy('x') })
  await turns(1)
  expect(verdicts).toHaveLength(1)
})

test('a verdict that is not wanted any more never comes: who is asked is called off, and who was not is not asked', async () => {
  const verdicts: Verdict[] = []
  const calledOff: string[] = []
  const waiting = lateNode('server2')
  const look = waiting.node.look.bind(waiting.node)
  waiting.node.look = (path, how) => {
    how.onWaiting?.(() => calledOff.push('server2'))
    return look(path, how)
  }
  const own = nodeOf('server1', { 'a.txt': 'x' })
  const callOff = compareCopies([own, waiting.node], path, options, verdict => verdicts.push(verdict))
  callOff()
  waiting.answer({ node: waiting.node.name, copy: fileCopy('x') })
  await turns(2)
  expect([calledOff, own.asked, verdicts]).toEqual([['server2'], [], []])
})

test('answers that come though nobody wants them make no verdict', async () => {
  const verdicts: Verdict[] = []
  const [first, second] = [lateNode('server1'), lateNode('server2')]
  const callOff = compareCopies([first.node, second.node], path, options, verdict => verdicts.push(verdict))
  await turns(1)
  callOff()
  for (const { node, answer } of [first, second]) answer({ node: node.name, copy: fileCopy('x') })
  await turns(2)
  expect(verdicts).toEqual([])
})

test('versions stand in the configured order, however the answers come in', async () => {
  const verdicts: Verdict[] = []
  const [first, second] = [lateNode('server1'), lateNode('server2')]
  compareCopies([first.node, second.node, nodeOf('server3', { 'a.txt': 'x' })], path, options, verdict =>
    verdicts.push(verdict),
  )
  second.answer({ node: second.node.name, copy: fileCopy('y') })
  first.answer({ node: first.node.name, copy: fileCopy('x') })
  await turns(1)
  expect(verdicts[0]!.versions.map(({ copies }) => copies.map(({ node }) => node))).toEqual([
    ['server1', 'server3'],
    ['server2'],
  ])
})

test('progress names the node that reports it, and whether to read every byte reaches every node', () => {
  const progress: Progress[] = []
  const deeps: boolean[] = []
  const node = new ScriptedNode('server2', {
    look(_, { deep, onProgress }) {
      deeps.push(deep)
      onProgress(3, 10)
      return { node: node.name, copy: fileCopy('x') }
    },
  })
  compareCopies([node], path, { deep: true, timers, onProgress: one => progress.push(one) }, () => {})
  expect(progress).toEqual([{ node: 'server2', bytesDone: 3, bytesTotal: 10 }])
  expect(deeps).toEqual([true])
})
