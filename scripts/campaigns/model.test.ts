import { type Change, Possible, type Tree } from './model.ts'

const put = (path: string, piece: string): Change => ({ type: 'put', path, piece })
const append = (path: string, piece: string): Change => ({ type: 'append', path, piece })
const remove = (path: string): Change => ({ type: 'delete', path, recursive: false })

let possible: Possible

beforeEach(() => {
  possible = new Possible()
})

const holds = (pieces: readonly string[]) => (tree: Tree) => `${tree.get('a')}` === `${pieces}`

test('an acknowledged change was made', () => {
  expect(possible.acknowledged(put('a', 'one'))).toBe(true)
  expect(possible.acknowledged(append('a', 'two'))).toBe(true)
  expect(possible.seen(holds(['one', 'two']))).toBe(true)
})

test('an older content is a violation, and so is an append that is there twice', () => {
  possible.acknowledged(put('a', 'one'))
  possible.acknowledged(append('a', 'two'))
  expect(possible.seen(holds(['one', 'two', 'two']))).toBe(false)
  possible = new Possible()
  possible.acknowledged(put('a', 'one'))
  possible.acknowledged(put('a', 'two'))
  expect(possible.seen(holds(['one']))).toBe(false)
})

test('a change without an answer was made or not, once at the most', () => {
  possible.acknowledged(put('a', 'one'))
  possible.wentUnanswered(append('a', 'two'))
  possible.acknowledged(append('a', 'three'))
  expect(possible.trees.map(tree => `${tree.get('a')}`).sort()).toEqual(['one,three', 'one,two,three'])
  expect(possible.seen(holds(['one', 'three', 'two']))).toBe(true)
  possible.acknowledged(append('a', 'four'))
  expect(possible.seen(holds(['one', 'three', 'two', 'four', 'two']))).toBe(false)
})

test('a refusal that is not true is a violation', () => {
  possible.acknowledged(put('a', 'one'))
  expect(possible.refused(remove('a'))).toBe(false)
})

test('a refusal tells that a change without an answer was made', () => {
  possible.acknowledged(put('a', 'one'))
  possible.wentUnanswered(remove('a'))
  expect(possible.refused(remove('a'))).toBe(true)
  expect(possible.trees.map(tree => tree.size)).toEqual([0])
})
