/** What the crash tests stop in the middle: each operation, and a few in a row; and what has to be there afterwards. */
import { linkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { blockBytes } from '../../protocol/limits.ts'
import {
  append,
  at,
  digest,
  mkdir,
  type Ordered,
  put,
  remove,
  removeFolder,
  rename,
  stageId,
} from './changes.fixture.ts'

const large = 'large '.repeat(20_000)
const blocks = ['1', '2'].map(block => block.repeat(blockBytes)).concat('3')

export interface Scenario {
  /** Settled before. */
  readonly before?: readonly Ordered[]
  /** By hand, when that is done. */
  readonly byHand?: (root: string) => void
  /** Sent ahead. */
  readonly stage?: string
  /** What another node gives where the bytes of a record are not here. */
  readonly elsewhere?: string
  readonly changes: readonly Ordered[]
  readonly after: Record<string, string | null>
  readonly history?: Record<string, string>
  /** What may be instead after a loss of power: an edit that cannot be told from what lost its bytes is in history. */
  readonly unless?: {
    readonly after: Record<string, string | null>
    readonly history: Record<string, string>
  }
}

export const scenarios: Record<string, Scenario> = {
  'a put of a new file': { changes: [put('f/a', 'new')], after: { f: null, 'f/a': 'new' } },
  'a staged put of a new file': {
    stage: large,
    changes: [put('f/a', large, { stage: stageId(1) })],
    after: { f: null, 'f/a': large },
  },
  'a put of which one block is here, and the others come from another node': {
    before: [put('a', 'old')],
    byHand: root => writeFileSync(join(root, 'a'), `${blocks[0]}${blocks[2]}`),
    elsewhere: blocks.join(''),
    changes: [put('a', blocks.join(''), { seen: [`${blocks[0]}${blocks[2]}`], stage: stageId(1) })],
    after: { a: blocks.join('') },
    history: { '2/a': `${blocks[0]}${blocks[2]}` },
  },
  'a put over a file': {
    before: [put('a', 'old')],
    changes: [put('a', 'new', { base: 'old' })],
    after: { a: 'new' },
    history: { '2/a': 'old' },
  },
  'a staged put over a file': {
    before: [put('a', 'old')],
    stage: large,
    changes: [put('a', large, { base: 'old', stage: stageId(1) })],
    after: { a: large },
    history: { '2/a': 'old' },
  },
  'a put over an edit': {
    before: [put('a', 'old')],
    byHand: root => writeFileSync(join(root, 'a'), 'edited'),
    changes: [put('a', 'new', { base: 'old' })],
    after: { a: 'edited' },
    history: { '2/a': 'new' },
    unless: { after: { a: 'new' }, history: { '2/a': 'edited' } },
  },
  'an append': {
    before: [put('a', 'old')],
    changes: [append('a', 'old', ' and more')],
    after: { a: 'old and more' },
  },
  'an append to an empty file': {
    before: [put('a', '')],
    changes: [append('a', '', 'first')],
    after: { a: 'first' },
  },
  'a staged append': {
    before: [put('a', 'old')],
    stage: large,
    changes: [append('a', 'old', large, { stage: stageId(1) })],
    after: { a: `old${large}` },
  },
  'an append to a file with two names': {
    before: [put('a', 'old')],
    byHand: root => linkSync(join(root, 'a'), join(root, 'b')),
    changes: [append('a', 'old', ' and more')],
    after: { a: 'old and more', b: 'old' },
    history: { '2/a': 'old' },
  },
  'an append to an edit': {
    before: [put('a', 'old')],
    byHand: root => writeFileSync(join(root, 'a'), 'old, edited'),
    changes: [append('a', 'old', ' and more')],
    after: { a: 'old, edited' },
    history: { '2/a': 'old and more' },
    unless: { after: { a: 'old and more' }, history: { '2/a': 'old, edited' } },
  },
  'two appends and a put': {
    before: [put('a', 'old')],
    changes: [append('a', 'old', ' 1'), append('a', 'old 1', ' 2'), put('a', 'new', { base: 'old 1 2' })],
    after: { a: 'new' },
    history: { '4/a': 'old 1 2' },
  },
  'a delete': {
    before: [put('f/a', 'old')],
    changes: [remove('f/a', { base: 'old' })],
    after: { f: null },
    history: { '2/f/a': 'old' },
  },
  'a delete of an edit': {
    before: [put('a', 'old')],
    byHand: root => writeFileSync(join(root, 'a'), 'edited'),
    changes: [remove('a', { base: 'old' })],
    after: { a: 'edited' },
  },
  'a delete of a folder with all below it': {
    before: [put('f/a', 'one'), put('f/g/b', 'two'), put('f/g/c', 'three')],
    byHand: root => writeFileSync(join(root, 'f/g/c'), 'edited'),
    changes: [
      removeFolder('f', [
        { path: at('f/a'), what: 'file', seen: [digest('one')] },
        { path: at('f/g'), what: 'folder', seen: [] },
        { path: at('f/g/b'), what: 'file', seen: [digest('two')] },
        { path: at('f/g/c'), what: 'file', seen: [digest('three')] },
      ]),
    ],
    after: { f: null, 'f/g': null, 'f/g/c': 'edited' },
    history: { '4/f/a': 'one', '4/f/g/b': 'two' },
  },
  'a rename': {
    before: [put('a', 'old')],
    changes: [rename('a', 'f/b', { base: 'old' })],
    after: { f: null, 'f/b': 'old' },
  },
  'a rename over a file': {
    before: [put('a', 'one'), put('b', 'two')],
    changes: [rename('a', 'b', { base: 'one', over: 'two' })],
    after: { b: 'one' },
    history: { '3/b': 'two' },
  },
  'a rename onto a name that was taken': {
    before: [put('a', 'one')],
    byHand: root => writeFileSync(join(root, 'b'), 'mine'),
    changes: [rename('a', 'b', { base: 'one' })],
    after: { b: 'mine' },
    history: { '2/a': 'one' },
  },
  'a rename of a folder': {
    before: [put('f/a', 'one'), put('f/g/b', 'two')],
    changes: [rename('f', 'h/i', { what: 'folder' })],
    after: { h: null, 'h/i': null, 'h/i/a': 'one', 'h/i/g': null, 'h/i/g/b': 'two' },
  },
  'a mkdir': { changes: [mkdir('f/g')], after: { f: null, 'f/g': null } },
  'a folder that is filled, renamed, filled anew and renamed': {
    changes: [
      put('f/a', 'one'),
      rename('f', 'g', { what: 'folder' }),
      put('f/b', 'two'),
      put('g/a', 'three', { base: 'one' }),
      rename('g/a', 'f/c', { base: 'three' }),
    ],
    after: { f: null, 'f/b': 'two', 'f/c': 'three', g: null },
    history: { '4/g/a': 'one' },
  },
  'files that come, one of which is renamed over the other': {
    changes: [put('a', 'one'), put('b', 'two'), rename('a', 'b', { base: 'one', over: 'two' })],
    after: { b: 'one' },
    history: { '3/b': 'two' },
  },
  'a file that moved away, and comes back over what took its place': {
    before: [put('b', 'one')],
    changes: [
      rename('b', 'a', { base: 'one' }),
      put('b', 'two'),
      append('a', 'one', ' more'),
      rename('a', 'b', { base: 'one more', over: 'two' }),
    ],
    after: { b: 'one more' },
    history: { '5/b': 'two' },
  },
  'a file that is renamed over one that comes': {
    before: [put('a', 'one')],
    changes: [put('b', 'two'), rename('a', 'b', { base: 'one', over: 'two' })],
    after: { b: 'one' },
    history: { '3/b': 'two' },
  },
  'a file that comes, grows, and goes with its folder': {
    changes: [
      put('f/a', 'one'),
      append('f/a', 'one', ' two'),
      removeFolder('f', [{ path: at('f/a'), what: 'file', seen: [digest('one two')] }]),
      put('f/b', 'three'),
    ],
    after: { f: null, 'f/b': 'three' },
    history: { '3/f/a': 'one two' },
  },
  'a file that comes, goes and comes again': {
    changes: [
      put('a', 'one'),
      remove('a', { base: 'one' }),
      put('a', 'one'),
      put('a', 'two', { base: 'one' }),
    ],
    after: { a: 'two' },
    history: { '2/a': 'one', '4/a': 'one' },
  },
}
