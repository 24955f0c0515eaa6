import { digestOf } from '../protocol/digest.ts'
import { type Held, markOf, needDigests } from './mark.ts'

const file = (content: string): Held => ({
  type: 'file',
  size: content.length,
  digest: digestOf(Buffer.from(content)).digest,
  mtimeMs: 0,
})

/** One letter for what a node holds; `x` and `y` are of one size, `longer` is not. */
const letters: Record<string, Held> = {
  x: file('x'),
  y: file('y'),
  l: file('longer'),
  d: { type: 'folder', size: 0, digest: null, mtimeMs: 0 },
  o: { type: 'other', size: 0, digest: null, mtimeMs: 0 },
  '.': null,
  '?': 'not compared',
}
const held = (row: string): Held[] => [...row].map(letter => letters[letter]!)

/** The words of the contract's `ls`, over letters. */
function markInWords(row: string): string {
  const contents = new Set([...row].filter(letter => !'.?'.includes(letter)))
  if (contents.size > 1) return '*'
  if (row.includes('?') || contents.has('o')) return '!'
  if (row.startsWith('.')) return '-'
  return row.includes('.') ? '+' : '='
}

function rowsOf(nodes: number): string[] {
  const shorter = nodes === 1 ? [''] : rowsOf(nodes - 1)
  return shorter.flatMap(row => Object.keys(letters).map(letter => row + letter))
}

describe('the mark of a row', () => {
  const rows = [1, 2, 3].flatMap(rowsOf).filter(row => /[^.?]/.test(row))

  test('is what the contract says, for everything that one, two and three nodes can hold', () => {
    expect(rows.length).toBe(5 + (49 - 4) + (343 - 8))
    expect(rows.map(row => `${row} ${markOf(held(row))}`)).toEqual(
      rows.map(row => `${row} ${markInWords(row)}`),
    )
  })

  test.each([
    ['x', '='],
    ['xx', '='],
    ['dd', '='],
    ['x.', '+'],
    ['.x', '-'],
    ['xy', '*'],
    ['xl', '*'],
    ['xd', '*'],
    ['od', '*'],
    ['x?', '!'],
    ['oo', '!'],
    ['.?x', '!'],
    ['xy?', '*'],
    ['x.x', '+'],
    ['.xx', '-'],
    ['..x', '-'],
    ['xyx', '*'],
  ])('of %s is %s', (row, mark) => {
    expect(markOf(held(row))).toBe(mark)
  })

  test('does not depend on times', () => {
    const older = { ...(letters.x as object), mtimeMs: 77 } as Held
    expect(markOf([letters.x!, older])).toBe('=')
  })
})

describe('copies that are only behind', () => {
  /** A capital stands for a copy that is only behind; `,` for none. */
  const behindLetters: Record<string, string> = { X: 'x', Y: 'y', L: 'l', ',': '.' }
  const markBehind = (row: string) => {
    const letters = [...row].map(letter => behindLetters[letter] ?? letter).join('')
    return markOf(
      held(letters),
      [...row].map(letter => letter in behindLetters),
    )
  }

  test.each([
    ['xY', '~'],
    ['x,', '~'],
    ['.X', '~'],
    ['xxY', '~'],
    ['xY,', '~'],
    ['d,', '~'],
    ['xYy', '*'],
    ['xY.', '+'],
    ['.Yx', '-'],
    ['xY?', '!'],
    ['oY', '!'],
    ['xX', '~'],
  ])('count for nothing but ~: %s is %s', (row, mark) => {
    expect(markBehind(row)).toBe(mark)
  })

  test('are told by no mark where none is', () => {
    expect(markOf(held('xx'), [false, false])).toBe('=')
  })
})

describe('bytes must decide', () => {
  test.each(['xx', 'xy', 'xyx', 'x.y', 'x?x'])('where sizes and types leave it open: %s', row => {
    expect(needDigests(held(row))).toBe(true)
  })

  test.each(['x', 'x.', 'x?', 'xl', 'xd', 'dd', 'oo', 'xxl', 'xxo', '??', '..'])('nowhere else: %s', row => {
    expect(needDigests(held(row))).toBe(false)
  })
})
