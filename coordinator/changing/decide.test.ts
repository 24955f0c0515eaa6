import type { ChangeRequest, Place } from '../../protocol/change-messages.ts'
import type { Copy } from '../../protocol/copies.ts'
import type { Digest } from '../../protocol/digest.ts'
import type { ConcurError } from '../../protocol/errors.ts'
import type { NodeName, Nonce } from '../../protocol/ids.ts'
import { fileBytesMax } from '../../protocol/limits.ts'
import { parsePath } from '../../protocol/path.ts'
import { type Decision, decide, pathsOfWish, type Upload } from './decide.ts'

const digestOf = (content: string) => `b3:${Buffer.from(content).toString('hex').padEnd(64, '0')}` as Digest
const file = (content: string, size = 1): Copy => ({
  is: 'file',
  digest: digestOf(content),
  size,
  mtimeMs: 1,
  executable: false,
  checkedAtMs: 5,
  rotten: false,
})
const A = file('A')
const B = file('B')
const rotten: Copy = { ...file('R'), rotten: true } as Copy
const folder: Copy = { is: 'folder' }
const absent: Copy = { is: 'absent' }
const link: Copy = { is: 'other', what: 'link' }
const locked: Copy = { is: 'unreadable', reason: 'the disk failed (EIO)' }

type Wish = ChangeRequest['what']
const path = parsePath('a/b')
const to = parsePath('c')
const put: Wish = { type: 'put', path, executable: null, bytes: null }
const append: Wish = { type: 'append', path, create: false, bytes: null }
const create: Wish = { ...append, create: true }
const rename: Wish = { type: 'rename', from: path, to, force: false }
const force: Wish = { ...rename, force: true }
const remove: Wish = { type: 'delete', path, recursive: false, force: false }
const removeAll: Wish = { ...remove, recursive: true }
const removeIfThere: Wish = { ...remove, force: true }
const mkdir: Wish = { type: 'mkdir', path, parents: false }
const mkdirAll: Wish = { ...mkdir, parents: true }

const upload: Upload = { size: 3, digest: digestOf('new'), body: { bytes: 3, stage: null }, executable: null }

type Parent = Place['parent']

interface Asked {
  /** A list for each node: its copies at the paths of the wish. */
  copies: Copy[][]
  parents?: Parent[]
  ifMatch?: Digest
  ifAbsent?: boolean
  bases?: (Digest | null)[]
}

function decided(what: Wish, { copies, parents = [], ifMatch, ifAbsent = false, bases }: Asked): Decision {
  const request: ChangeRequest = {
    operation: { nonce: 'a'.repeat(32) as Nonce, counter: 1, floor: 0 },
    ifMatch: ifMatch ?? null,
    ifAbsent,
    ack: null,
    fence: null,
    what,
  }
  return decide({
    request,
    upload,
    bases: bases ?? [null, null],
    surveyed: copies.map((held, at) => ({
      node: `server${at + 1}` as NodeName,
      places: held.map(copy => ({ copy, parent: parents[at] ?? 'folder', isEmpty: false })),
    })),
  })
}

/** What is decided in one word, or the code of the refusal. */
function word(what: Wish, asked: Asked): string {
  try {
    const decision = decided(what, asked)
    return decision.is === 'change' ? decision.change.type : decision.is
  } catch (error) {
    return (error as ConcurError).code
  }
}

/** The cells: what two nodes hold. */
const cells: Record<string, [Copy, Copy]> = {
  'the same file': [A, A],
  'a file and nothing': [A, absent],
  'nothing and a file': [absent, A],
  'files that differ': [A, B],
  folders: [folder, folder],
  'a folder and nothing': [folder, absent],
  'a folder and a file': [folder, A],
  nothing: [absent, absent],
  'a link on one': [A, link],
  'a copy that cannot be read': [A, locked],
}

const there: [string, Wish, string[]][] = [
  ['put', put, 'put put put put IS_DIRECTORY IS_DIRECTORY CONFLICT put NOT_A_FILE IO_ERROR'.split(' ')],
  [
    'append',
    append,
    [
      ...['append', 'append', 'append', 'CONFLICT', 'IS_DIRECTORY', 'IS_DIRECTORY', 'CONFLICT'],
      ...['NOT_FOUND', 'NOT_A_FILE', 'IO_ERROR'],
    ],
  ],
  [
    'append that may create',
    create,
    [
      ...['append', 'append', 'append', 'CONFLICT', 'IS_DIRECTORY', 'IS_DIRECTORY', 'CONFLICT'],
      ...['put', 'NOT_A_FILE', 'IO_ERROR'],
    ],
  ],
  [
    'delete',
    remove,
    [
      ...['delete', 'delete', 'delete', 'delete', 'IS_DIRECTORY', 'IS_DIRECTORY', 'CONFLICT'],
      ...['NOT_FOUND', 'NOT_A_FILE', 'IO_ERROR'],
    ],
  ],
  [
    'delete with all below',
    removeAll,
    [
      ...['delete', 'delete', 'delete', 'delete', 'delete folder', 'delete folder', 'CONFLICT'],
      ...['NOT_FOUND', 'NOT_A_FILE', 'IO_ERROR'],
    ],
  ],
  [
    'delete of what may be there',
    removeIfThere,
    [
      ...['delete', 'delete', 'delete', 'delete', 'IS_DIRECTORY', 'IS_DIRECTORY', 'CONFLICT'],
      ...['nothing to do', 'NOT_A_FILE', 'IO_ERROR'],
    ],
  ],
  ['mkdir', mkdir, [...Array(7).fill('ALREADY_EXISTS'), 'mkdir', 'ALREADY_EXISTS', 'ALREADY_EXISTS']],
  [
    'mkdir with parents',
    mkdirAll,
    [
      ...Array(4).fill('ALREADY_EXISTS'),
      ...['nothing to do', 'mkdir', 'ALREADY_EXISTS', 'mkdir', 'ALREADY_EXISTS', 'ALREADY_EXISTS'],
    ],
  ],
]

describe.each(there)('%s', (_, what, words) => {
  test.each(Object.keys(cells).map((cell, at) => [cell, words[at]!] as const))(
    'of %s: %s',
    (cell, expected) => {
      expect(word(what, { copies: cells[cell]!.map(copy => [copy]) })).toBe(expected)
    },
  )
})

/** What is decided of a rename, by what is at its source. */
const sources: [string, string][] = [
  ['the same file', 'rename'],
  ['a file and nothing', 'rename'],
  ['nothing and a file', 'rename'],
  ['files that differ', 'CONFLICT'],
  ['folders', 'rename'],
  ['a folder and nothing', 'rename'],
  ['a folder and a file', 'CONFLICT'],
  ['nothing', 'NOT_FOUND'],
  ['a link on one', 'NOT_A_FILE'],
  ['a copy that cannot be read', 'IO_ERROR'],
]

test.each(sources)('a rename of %s to where nothing is: %s', (cell, expected) => {
  expect(word(rename, { copies: cells[cell]!.map(copy => [copy, absent]) })).toBe(expected)
})

/** By what is at its target: a file is moved, and a folder. */
const targets: [string, string, string, string, string][] = [
  ['the same file', 'ALREADY_EXISTS', 'rename', 'ALREADY_EXISTS', 'NOT_DIRECTORY'],
  ['a file and nothing', 'ALREADY_EXISTS', 'rename', 'ALREADY_EXISTS', 'NOT_DIRECTORY'],
  ['nothing and a file', 'ALREADY_EXISTS', 'rename', 'ALREADY_EXISTS', 'NOT_DIRECTORY'],
  ['files that differ', 'ALREADY_EXISTS', 'rename', 'ALREADY_EXISTS', 'NOT_DIRECTORY'],
  ['folders', 'ALREADY_EXISTS', 'IS_DIRECTORY', 'ALREADY_EXISTS', 'NOT_EMPTY'],
  ['a folder and nothing', 'ALREADY_EXISTS', 'IS_DIRECTORY', 'ALREADY_EXISTS', 'NOT_EMPTY'],
  ['nothing', 'rename', 'rename', 'rename', 'rename'],
  ['a link on one', 'NOT_A_FILE', 'NOT_A_FILE', 'NOT_A_FILE', 'NOT_A_FILE'],
  ['a copy that cannot be read', 'IO_ERROR', 'IO_ERROR', 'IO_ERROR', 'IO_ERROR'],
]

test.each(targets)('a rename to %s', (cell, ofFile, forced, ofFolder, forcedFolder) => {
  const from = (source: Copy) => ({ copies: cells[cell]!.map(copy => [source, copy]) })
  expect(word(rename, from(A))).toBe(ofFile)
  expect(word(force, from(A))).toBe(forced)
  expect(word(rename, from(folder))).toBe(ofFolder)
  expect(word(force, from(folder))).toBe(forcedFolder)
})

describe('a rename', () => {
  test('onto itself is refused, also with force', () => {
    const copies = [[A, A]]
    expect(word({ ...rename, to: path }, { copies })).toBe('ALREADY_EXISTS')
    expect(word({ ...force, to: path }, { copies })).toBe('ALREADY_EXISTS')
  })

  test('into itself is no path', () => {
    const copies = [[folder, absent]]
    expect(word({ ...rename, to: parsePath('a/b/c') }, { copies })).toBe('BAD_PATH')
    expect(word({ ...rename, to: parsePath('a/bc') }, { copies })).toBe('rename')
  })

  test('onto the folder that holds it finds something there, and takes its place in no case', () => {
    const copies = [[A, folder]]
    expect(word({ ...rename, to: parsePath('a') }, { copies })).toBe('ALREADY_EXISTS')
    expect(word({ ...force, to: parsePath('a') }, { copies })).toBe('IS_DIRECTORY')
  })

  test('of copies that differ has the base that the journal knows', () => {
    const copies = [
      [A, absent],
      [B, absent],
    ]
    expect(decided(rename, { copies, bases: [digestOf('A'), null] })).toEqual({
      is: 'change',
      change: {
        ...{ type: 'rename', from: path, to, what: 'file', base: digestOf('A') },
        ...{ seen: [digestOf('A'), digestOf('B')], replaces: false, baseTo: null, seenTo: [] },
      },
    })
  })

  test('says what gives way at its target', () => {
    const copies = [
      [A, B],
      [A, absent],
    ]
    expect(decided(force, { copies, bases: [null, digestOf('B')] })).toMatchObject({
      change: { replaces: true, baseTo: digestOf('B'), seenTo: [digestOf('B')], seen: [digestOf('A')] },
    })
  })

  test('has two paths to be surveyed, and all others have one', () => {
    const request = (what: Wish) => ({ what }) as ChangeRequest
    expect(pathsOfWish(request(rename))).toEqual([path, to])
    expect(pathsOfWish(request(mkdir))).toEqual([path])
  })
})

describe('what is ordered', () => {
  test('of a put is its content, the journal’s content before, and every content that was seen', () => {
    const copies = [[A], [B], [A]]
    expect(decided({ ...put, executable: true }, { copies, bases: [digestOf('C')] })).toEqual({
      is: 'change',
      change: {
        ...{ type: 'put', path, base: digestOf('C'), seen: [digestOf('A'), digestOf('B')] },
        ...{ digest: upload.digest, size: 3, executable: true, body: upload.body },
      },
    })
  })

  test('of an append is what it extends', () => {
    expect(decided(append, { copies: [[absent], [A]] })).toEqual({
      is: 'append',
      base: { digest: digestOf('A'), size: 1 },
      seen: [digestOf('A')],
    })
  })

  test('of an append that makes the file leaves the executable bit as it comes', () => {
    expect(decided(create, { copies: [[absent]] })).toMatchObject({
      change: { type: 'put', seen: [], executable: null },
    })
  })

  test('of a delete is every content that was seen', () => {
    expect(decided(remove, { copies: [[A], [B]], bases: [digestOf('A')] })).toEqual({
      is: 'change',
      change: {
        ...{ type: 'delete', path, what: 'file', base: digestOf('A') },
        ...{ seen: [digestOf('A'), digestOf('B')], body: { bytes: 0, stage: null } },
      },
    })
  })
})

test('an append that would make a file too large is refused', () => {
  expect(word(append, { copies: [[file('A', fileBytesMax - 3)]] })).toBe('append')
  expect(word(append, { copies: [[file('A', fileBytesMax - 2)]] })).toBe('TOO_LARGE')
})

test.each<[string, Wish, Parent, string]>([
  ['put', put, 'absent', 'put'],
  ['put', put, 'file', 'NOT_DIRECTORY'],
  ['put', put, 'other', 'NOT_DIRECTORY'],
  ['append that may create', create, 'absent', 'put'],
  ['append that may create', create, 'file', 'NOT_DIRECTORY'],
  ['rename', rename, 'absent', 'rename'],
  ['rename', rename, 'file', 'NOT_DIRECTORY'],
  ['mkdir', mkdir, 'absent', 'NOT_FOUND'],
  ['mkdir', mkdir, 'file', 'NOT_DIRECTORY'],
  ['mkdir with parents', mkdirAll, 'absent', 'mkdir'],
  ['mkdir with parents', mkdirAll, 'other', 'NOT_DIRECTORY'],
])('a %s (%o) below what is %s on one node: %s', (_, what, parent, expected) => {
  const held = what.type === 'rename' ? [A, absent] : [absent]
  expect(word(what, { copies: [held, held], parents: ['folder', parent] })).toBe(expected)
})

describe('a condition', () => {
  const everyWish = [put, append, create, rename, force, remove, removeAll, removeIfThere, mkdir, mkdirAll]
  const of = (what: Wish, one: Copy, other: Copy) =>
    what.type === 'rename'
      ? [
          [one, absent],
          [other, absent],
        ]
      : [[one], [other]]

  test.each(everyWish)('that nothing is there holds for every copy, of %o', what => {
    for (const one of [A, folder, link, locked])
      expect(word(what, { copies: of(what, absent, one), ifAbsent: true })).toBe('PRECONDITION_FAILED')
    expect(word(what, { copies: of(what, absent, absent), ifAbsent: true })).toBe(
      word(what, { copies: of(what, absent, absent) }),
    )
  })

  test.each(everyWish)('that it is this file holds for every copy, of %o', what => {
    for (const one of [B, absent, folder, link, locked])
      expect(word(what, { copies: of(what, A, one), ifMatch: digestOf('A') })).toBe('PRECONDITION_FAILED')
    expect(word(what, { copies: of(what, A, A), ifMatch: digestOf('A') })).toBe(
      word(what, { copies: of(what, A, A) }),
    )
  })

  test('of a rename is not about its target', () => {
    expect(word(force, { copies: [[A, B]], ifMatch: digestOf('A') })).toBe('rename')
  })

  test('that is not met says on which node', () => {
    expect(() => decided(put, { copies: [[absent], [A]], ifAbsent: true })).toThrow(
      'a/b: there is a file on server2',
    )
    const ifMatch = digestOf('A')
    expect(() => decided(put, { copies: [[A], [absent]], ifMatch })).toThrow(
      'a/b: on server2 there is nothing',
    )
    expect(() => decided(put, { copies: [[A], [B]], ifMatch })).toThrow(
      `a/b: on server2 it is not ${ifMatch}`,
    )
  })

  test('a folder is not made where something else is, which is said', () => {
    expect(() => decided(mkdirAll, { copies: [[folder], [link]] })).toThrow('a/b: there is a link on server2')
    expect(() => decided(mkdir, { copies: [[folder]] })).toThrow('a/b: there is a folder on server1')
  })
})

test('a refusal says which nodes have nothing', () => {
  expect(() => decided(remove, { copies: [[absent], [absent]] })).toThrow(
    'a/b: not on server1, not on server2',
  )
})

test.each<[string, Copy[][]]>([
  ['on every node', [[rotten]]],
  ['on one of two', [[A], [rotten]]],
  ['where another node lacks the file', [[absent], [rotten]]],
])('nothing is appended to a copy that has rotted %s', (_, copies) => {
  expect(() => decided(append, { copies })).toThrow(expect.objectContaining({ code: 'CONFLICT' }))
  expect(() => decided(append, { copies })).toThrow(/has rotted/)
})

test('a copy that has rotted gives way to a put, and can be deleted', () => {
  expect(decided(put, { copies: [[A], [rotten]] })).toMatchObject({
    change: { type: 'put', seen: [digestOf('A'), digestOf('R')] },
  })
  expect(word(remove, { copies: [[A], [rotten]] })).toBe('delete')
})
