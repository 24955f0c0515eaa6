/** What the crash tests of a whole cluster stop in the middle: every kind of change, as a client asks for it. */
import type { ClusterClient } from '../fixtures/cluster-client.ts'
import type { Done } from '../protocol/change-messages.ts'
import { inlineBytesMax } from '../protocol/limits.ts'
import { parsePath } from '../protocol/path.ts'

/** Path → content; null is a folder. */
type Tree = Readonly<Record<string, string | null>>

export interface Scenario {
  /** What the cluster has before, in the order in which it is made. */
  readonly before: Tree
  readonly change: (client: ClusterClient) => Promise<Done>
  readonly after: Tree
  /** Contents that have to be in some node's history afterwards. */
  readonly replaced?: readonly string[]
  /** Contents that may be there too: of a file that was extended on one node, and came whole to the other. */
  readonly extended?: readonly string[]
}

/** Too large to ride beside its record. */
const large = 'large '.repeat(Math.ceil(inlineBytesMax / 6) + 1)
const larger = large.toUpperCase()
const folder = { f: null, 'f/a': 'one', 'f/g': null, 'f/g/b': 'two', 'f/h': null }

const put =
  (path: string, content: string, executable: boolean | null = false) =>
  (client: ClusterClient): Promise<Done> =>
    client.change({ type: 'put', path: parsePath(path), executable }, content)

const append =
  (path: string, content: string, create = false) =>
  (client: ClusterClient): Promise<Done> =>
    client.change({ type: 'append', path: parsePath(path), create }, content)

const rm =
  (path: string, recursive = false) =>
  (client: ClusterClient): Promise<Done> =>
    client.change({ type: 'delete', path: parsePath(path), recursive, force: false })

const mv =
  (from: string, to: string, force = false) =>
  (client: ClusterClient): Promise<Done> =>
    client.change({ type: 'rename', from: parsePath(from), to: parsePath(to), force })

const mkdir =
  (path: string) =>
  (client: ClusterClient): Promise<Done> =>
    client.change({ type: 'mkdir', path: parsePath(path), parents: true })

export const scenarios: Readonly<Record<string, Scenario>> = {
  put: { before: {}, change: put('a', 'new', true), after: { a: 'new' } },
  'put of a large file': { before: {}, change: put('a', large), after: { a: large } },
  'put into folders that are missing': {
    before: {},
    change: put('f/g/a', 'new'),
    after: { f: null, 'f/g': null, 'f/g/a': 'new' },
  },
  'put over a file': {
    before: { a: 'old' },
    change: put('a', 'new'),
    after: { a: 'new' },
    replaced: ['old'],
  },
  'put of a large file over a large file': {
    before: { a: larger },
    change: put('a', large),
    after: { a: large },
    replaced: [larger],
  },
  write: { before: { a: 'old' }, change: put('a', '', null), after: { a: '' }, replaced: ['old'] },
  append: {
    before: { a: 'old' },
    change: append('a', ' and more'),
    after: { a: 'old and more' },
    extended: ['old'],
  },
  'append of much': {
    before: { a: 'old' },
    change: append('a', large),
    after: { a: `old${large}` },
    extended: ['old'],
  },
  'append --create': { before: {}, change: append('f/a', 'first', true), after: { f: null, 'f/a': 'first' } },
  rm: { before: { f: null, 'f/a': 'old' }, change: rm('f/a'), after: { f: null }, replaced: ['old'] },
  'rm -r': {
    before: { ...folder, k: 'kept' },
    change: rm('f', true),
    after: { k: 'kept' },
    replaced: ['one', 'two'],
  },
  mv: { before: { a: 'old' }, change: mv('a', 'f/b'), after: { f: null, 'f/b': 'old' } },
  'mv --force onto a file': {
    before: { a: 'one', b: 'two' },
    change: mv('a', 'b', true),
    after: { b: 'one' },
    replaced: ['two'],
  },
  'mv of a folder': {
    before: folder,
    change: mv('f', 'm/f'),
    after: {
      ...{ m: null, 'm/f': null, 'm/f/a': 'one' },
      ...{ 'm/f/g': null, 'm/f/g/b': 'two', 'm/f/h': null },
    },
  },
  'a copy of a node’s file under another name': {
    before: { a: large },
    change: client => client.resolve('b', 'server1', 'a'),
    after: { a: large, b: large },
  },
  'mkdir -p': { before: {}, change: mkdir('f/g'), after: { f: null, 'f/g': null } },
}
