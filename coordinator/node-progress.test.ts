import { NodeProgress } from './node-progress.ts'

test('what all nodes have done is added up, and the whole is known when every node knows its own', () => {
  const progress = new NodeProgress(2)
  expect(progress.sum()).toEqual({ node: null, bytesDone: 0, bytesTotal: 0 })
  progress.update(0, 10, 100)
  progress.update(1, 5, 0)
  expect(progress.sum()).toEqual({ node: null, bytesDone: 15, bytesTotal: 0 })
  progress.update(1, 20, 50)
  expect(progress.sum()).toEqual({ node: null, bytesDone: 30, bytesTotal: 150 })
})

test('a node that is done knows its whole, also one that did nothing', () => {
  const progress = new NodeProgress(3)
  progress.update(0, 10, 100)
  progress.update(1, 7, 0)
  progress.end(1)
  progress.end(2)
  expect(progress.sum()).toEqual({ node: null, bytesDone: 17, bytesTotal: 107 })
})
