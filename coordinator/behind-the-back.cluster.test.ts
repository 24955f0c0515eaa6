/**
 * The folder is a human's: whatever somebody does in the folder of a node, while it runs or while it is stopped, is noticed
 * there, shown to everybody, and blocks nothing. A row a deed, played both ways.
 */
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  linkSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { type Cluster, startCluster } from '../fixtures/cluster.ts'
import { until } from '../fixtures/until.ts'
import { markedName } from '../protocol/conflicts.ts'
import { ConcurError } from '../protocol/errors.ts'
import { parsePath } from '../protocol/path.ts'
import { InotifyWatcher } from '../replica/store/lookout/inotify-watcher.ts'

/** Gives the name on this machine of a path in the deed's folder. */
type On = (path: string) => string

interface Deed {
  readonly what: string
  /** In the folder are `f` and `d/g`, put there through the server, `content` in each. */
  readonly act: (on: On) => void | Promise<void>
  /** Paths that the node marks. */
  readonly marked: readonly string[]
  /** What a read of `f`, or of `reads`, says. */
  readonly verdict: string
  readonly reads?: string
  /** What `ls` shows of the folder, but for what is `=`. */
  readonly listed: readonly string[]
  /** What becomes of a put of what was read, afterwards: who has it, or the code of the refusal. */
  readonly put: string
}

const both = 'server1 server2'
const replaced = (on: On, path: string): string => {
  rmSync(on(path), { recursive: true })
  return on(path)
}

const sockets: Server[] = []
function socketAt(path: string): Promise<void> {
  const server = createServer()
  sockets.push(server)
  return new Promise(resolve => server.listen(path, resolve))
}

const editOfF = { marked: ['f'], verdict: 'DIFFERENT_FILES edited-on-disk', listed: ['* f'], put: both }
const otherThanF = {
  marked: ['f'],
  verdict: 'DIFFERENT_FILES edited-on-disk',
  listed: ['* f'],
  put: 'NOT_A_FILE',
}
const nothing = { marked: [], verdict: 'SINGLE_FILE', listed: [], put: both }

const deeds: readonly Deed[] = [
  { what: 'a file is edited, its length the same', act: on => writeFileSync(on('f'), 'CONTENT'), ...editOfF },
  { what: 'a file is made longer', act: on => writeFileSync(on('f'), 'more', { flag: 'a' }), ...editOfF },
  { what: 'a file is emptied', act: on => truncateSync(on('f'), 0), ...editOfF },
  {
    what: 'a file is replaced as editors do it',
    act(on) {
      writeFileSync(on('f~'), 'CONTENT')
      renameSync(on('f~'), on('f'))
    },
    ...editOfF,
  },
  {
    what: 'a file is edited and its time set back',
    act(on) {
      writeFileSync(on('f'), 'CONTENT')
      utimesSync(on('f'), 1_000, 1_000)
    },
    ...editOfF,
  },
  {
    what: 'another name of another file takes its place',
    act(on) {
      writeFileSync(on('other'), 'CONTENT')
      linkSync(on('other'), replaced(on, 'f'))
    },
    ...editOfF,
    listed: ['* f', '- other'],
  },
  { what: 'a file is touched', act: on => utimesSync(on('f'), 1_000, 1_000), ...nothing },
  { what: 'a file is made executable', act: on => chmodSync(on('f'), 0o755), ...nothing },
  {
    what: 'a file is edited and put back as it was',
    act(on) {
      writeFileSync(on('f'), 'CONTENT')
      writeFileSync(on('f'), 'content')
    },
    ...nothing,
  },
  {
    what: 'a file is deleted',
    act: on => rmSync(on('f')),
    marked: ['f'],
    verdict: 'SINGLE_FILE missing on server2',
    listed: ['+ f'],
    put: both,
  },
  {
    what: 'a file is renamed',
    act: on => renameSync(on('f'), on('h')),
    marked: ['f'],
    verdict: 'SINGLE_FILE missing on server2',
    listed: ['+ f', '- h'],
    put: both,
  },
  { what: 'a file becomes a link', act: on => symlinkSync('d/g', replaced(on, 'f')), ...otherThanF },
  { what: 'a file becomes a link to nowhere', act: on => symlinkSync('x', replaced(on, 'f')), ...otherThanF },
  {
    what: 'a file becomes a FIFO that nobody writes to',
    act: on => void execFileSync('mkfifo', [replaced(on, 'f')]),
    ...otherThanF,
  },
  { what: 'a file becomes a socket', act: on => socketAt(replaced(on, 'f')), ...otherThanF },
  {
    what: 'a file becomes a folder',
    act(on) {
      mkdirSync(replaced(on, 'f'))
      writeFileSync(on('f/inside'), 'x')
    },
    ...otherThanF,
    listed: ['* f', '- f/inside'],
    put: 'CONFLICT',
  },
  {
    what: 'a folder is deleted with what is in it',
    act: on => rmSync(on('d'), { recursive: true }),
    marked: ['d', 'd/g'],
    verdict: 'SINGLE_FILE missing on server2',
    reads: 'd/g',
    listed: ['+ d', '+ d/g'],
    put: both,
  },
  {
    what: 'a folder is renamed',
    act: on => renameSync(on('d'), on('e')),
    marked: ['d', 'd/g'],
    verdict: 'SINGLE_FILE missing on server2',
    reads: 'd/g',
    listed: ['+ d', '+ d/g', '- e', '- e/g'],
    put: both,
  },
  {
    what: 'a folder becomes a file',
    act: on => writeFileSync(replaced(on, 'd'), 'x'),
    marked: ['d', 'd/g'],
    verdict: 'SINGLE_FILE missing on server2',
    reads: 'd/g',
    listed: ['* d', '+ d/g'],
    put: 'NOT_DIRECTORY',
  },
  {
    what: 'a folder becomes a link to where it went',
    act(on) {
      renameSync(on('d'), on('e'))
      symlinkSync('e', on('d'))
    },
    marked: ['d', 'd/g'],
    verdict: 'DIFFERENT_FILES edited-on-disk',
    reads: 'd/g',
    listed: ['* d', '+ d/g', '- e', '- e/g'],
    put: 'NOT_A_FILE',
  },
  {
    what: 'a new file comes',
    act: on => writeFileSync(on('new'), 'x'),
    marked: [],
    verdict: 'SINGLE_FILE missing on server1',
    reads: 'new',
    listed: ['- new'],
    put: both,
  },
  {
    what: 'a new folder comes',
    act(on) {
      mkdirSync(on('new/deep'), { recursive: true })
      writeFileSync(on('new/deep/file'), 'x')
    },
    ...nothing,
    listed: ['- new', '- new/deep', '- new/deep/file'],
  },
  {
    what: 'a link, a FIFO and a socket come',
    act(on) {
      symlinkSync('/', on('link'))
      execFileSync('mkfifo', [on('fifo')])
      return socketAt(on('socket'))
    },
    ...nothing,
    listed: ['! fifo', '! link', '! socket'],
  },
  {
    what: 'names come that no path can be',
    act(on) {
      writeFileSync(on('new\nline'), 'x')
      mkdirSync(Buffer.concat([Buffer.from(on('')), Buffer.of(0xff)]))
    },
    ...nothing,
    listed: ['! \\xff', '! new\\x0aline'],
  },
]

let cluster: Cluster
let client: ReturnType<Cluster['client']>

/** Every deed has a folder of its own, in which everything is as the journal says. */
async function startWithFolders(): Promise<void> {
  cluster = await startCluster()
  await cluster.settled()
  client = cluster.client()
  for (const at of deeds.keys()) {
    await client.put(`${at}/f`, 'content')
    await client.put(`${at}/d/g`, 'content')
  }
}

async function end(): Promise<void> {
  await cluster.close()
  for (const server of sockets.splice(0)) server.close()
}

function onOf(at: number): On {
  const folder = join(cluster.node('server2').root, String(at))
  return path => `${folder}/${path}`
}

/** Those of the paths in the deed's folder that server2 marks. */
function markedIn(at: number): string[] {
  const names = new Set(cluster.node('server2').lookout.marked())
  return ['f', 'd', 'd/g', 'new', 'h', 'e/g', 'other'].filter(path =>
    names.has(markedName(parsePath(`${at}/${path}`))),
  )
}

async function verdictOf(path: string): Promise<string> {
  const { verdict } = await client.get(path)
  const causes = verdict.versions.flatMap(({ cause }) => cause ?? [])
  const missing = verdict.missing.map(node => `missing on ${node}`)
  return [verdict.verdict, ...causes, ...missing, verdict.error?.code ?? []].flat().join(' ')
}

async function listedIn(at: number): Promise<string[]> {
  const { rows } = await client.ls(String(at))
  return rows.flatMap(({ mark, path }) => (mark === '=' ? [] : [`${mark} ${path.slice(`${at}/`.length)}`]))
}

async function put(path: string): Promise<string> {
  try {
    const { applied, kept } = await client.put(path, 'afterwards')
    return [...applied, ...kept.map(({ node }) => `kept on ${node}`)].join(' ')
  } catch (error) {
    if (error instanceof ConcurError) return error.code
    throw error
  }
}

async function expectNoticed(at: number): Promise<void> {
  const { marked, verdict, reads = 'f', listed, put: outcome } = deeds[at]!
  expect(markedIn(at)).toEqual(marked)
  expect(await verdictOf(`${at}/${reads}`)).toBe(verdict)
  expect(await listedIn(at)).toEqual(listed)
  expect(await put(`${at}/${reads}`)).toBe(outcome)
}

const rows = [...deeds.entries()].map(([at, { what }]) => [what, at] as const)

test('there are forty cases at least', () => {
  expect(2 * deeds.length).toBeGreaterThanOrEqual(40)
})

describe('while the node runs', () => {
  beforeAll(async () => {
    await startWithFolders()
    const replica = cluster.node('server2')
    await cluster.stop('server2')
    replica.newWatcher = () => new InotifyWatcher()
    await cluster.restart('server2')
    await cluster.atRest()
  })

  afterAll(end)

  test.each(rows)('%s', async (_, at) => {
    const { act, marked } = deeds[at]!
    const { lookout } = cluster.node('server2')
    await act(onOf(at))
    await until(() => markedIn(at).join() === marked.join(), `the marks ${marked}, not ${markedIn(at)}`)
    lookout.scanNow()
    await lookout.atRest()
    await expectNoticed(at)
  })
})

describe('while the node is stopped', () => {
  beforeAll(async () => {
    await startWithFolders()
    await cluster.stop('server2')
    for (const [at, { act }] of deeds.entries()) await act(onOf(at))
    await cluster.restart('server2')
    await cluster.atRest()
    await cluster.node('server2').lookout.atRest()
  })

  afterAll(end)

  test.each(rows)('%s', (_, at) => expectNoticed(at))
})
