/** A replica that was away while the coordinator's journal moved on past it. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Cluster, type ClusterOptions, startCluster } from '../fixtures/cluster.ts'
import { until } from '../fixtures/until.ts'
import type { NodeName } from '../protocol/ids.ts'
import { type FilePath, parsePath, wholeTree } from '../protocol/path.ts'

let cluster: Cluster

async function start(options: ClusterOptions = {}): Promise<void> {
  cluster = await startCluster({ segmentBytes: 16 * 1024, coordinator: { journalKeep: 5 }, ...options })
  await cluster.settled()
}

afterEach(() => cluster.close())

const coordinatorJournal = () => cluster.coordinator.store.journal
const at = (name: string, path: string) => join(cluster.node(name).root, path)
const read = (name: string, path: string) =>
  existsSync(at(name, path)) ? readFileSync(at(name, path), 'utf8') : null
const both = (path: string) => [read('server1', path), read('server2', path)]

async function away(): Promise<number> {
  cluster.cut('server2')
  await cluster.untilState(['server2'], 'down')
  return cluster.node('server2').store.journal.last.seq
}

/** Changes something until the journal begins behind the record. */
async function moveBeyond(seq: number): Promise<void> {
  for (let n = 0; coordinatorJournal().begin.seq <= seq; n++) {
    await cluster.client().put('filling', `${n} ${'x'.repeat(3000)}`)
    await cluster.coordinator.store.flush()
    await until(() => true, 'the release')
  }
}

async function back(): Promise<void> {
  cluster.mend('server2')
  await cluster.atRest()
}

async function indexOf(name: string): Promise<unknown[]> {
  const { paths } = (cluster.node(name).store as never as { parts: { index: { paths: { below: never } } } })
    .parts.index as never as { paths: { below(folder: string): AsyncGenerator<[FilePath, unknown][]> } }
  const rows: unknown[] = []
  for await (const piece of paths.below(wholeTree)) rows.push(...piece)
  return rows.sort()
}

const rename = (from: string, to: string) =>
  cluster.client().change({ type: 'rename', from: parsePath(from), to: parsePath(to), force: false })
const remove = (path: string, recursive = false) =>
  cluster.client().change({ type: 'delete', path: parsePath(path), recursive, force: false })
const mkdir = (path: string) =>
  cluster.client().change({ type: 'mkdir', path: parsePath(path), parents: false })

test('is told what paths are, gets what changed, and is in step again', async () => {
  await start()
  const client = cluster.client()
  for (const path of ['changed', 'gone', 'moved', 'same', 'folder/a', 'folder/deep/b', 'kept/c'])
    await client.put(path, `${path}, as it was`)
  await mkdir('empty')
  const seq = await away()
  await client.put('changed', 'changed, by now')
  await remove('gone')
  await rename('moved', 'elsewhere/moved')
  await remove('folder', true)
  await rename('kept', 'renamed')
  await client.put('new', 'new')
  await mkdir('made')
  await remove('empty', true)
  await client.put('empty', 'a file in the place of a folder')
  await moveBeyond(seq)
  await back()
  expect(both('changed')).toEqual(['changed, by now', 'changed, by now'])
  expect(both('gone')).toEqual([null, null])
  expect(both('moved')).toEqual([null, null])
  expect(both('elsewhere/moved')).toEqual(['moved, as it was', 'moved, as it was'])
  expect(both('same')).toEqual(['same, as it was', 'same, as it was'])
  expect(both('renamed/c')).toEqual(['kept/c, as it was', 'kept/c, as it was'])
  expect(both('new')).toEqual(['new', 'new'])
  expect(both('empty')).toEqual(['a file in the place of a folder', 'a file in the place of a folder'])
  for (const gone of ['folder', 'kept']) expect(existsSync(at('server2', gone))).toBe(false)
  expect(existsSync(at('server2', 'made'))).toBe(true)
  expect(await indexOf('server2')).toEqual(await indexOf('server1'))
  await client.put('after', 'goes on')
  expect(both('after')).toEqual(['goes on', 'goes on'])
  expect(cluster.node('server2').store.journal.begin.seq).toBeGreaterThan(seq)
})

test('keeps what was edited on its disk, whatever became of the path', async () => {
  await start()
  const client = cluster.client()
  for (const path of ['changed', 'gone', 'same', 'moved']) await client.put(path, `${path}, as it was`)
  const seq = await away()
  for (const path of ['changed', 'gone', 'same', 'moved', 'new'])
    writeFileSync(at('server2', path), `edited ${path}`)
  await client.put('changed', 'changed, by now')
  await remove('gone')
  await rename('moved', 'elsewhere')
  await client.put('new', 'new')
  await moveBeyond(seq)
  await back()
  for (const path of ['changed', 'gone', 'same', 'moved', 'new'])
    expect(read('server2', path)).toBe(`edited ${path}`)
  expect(both('elsewhere')).toEqual(['moved, as it was', 'moved, as it was'])
  const { verdict } = await client.get('changed')
  expect(verdict).toMatchObject({
    verdict: 'DIFFERENT_FILES',
    versions: [{ cause: null }, { cause: 'edited-on-disk' }],
  })
  const { begin } = cluster.node('server2').store.journal
  const history = join(cluster.node('server2').root, '.concur/history', String(begin.seq).padStart(16, '0'))
  expect(readFileSync(join(history, 'changed'), 'utf8')).toBe('changed, by now')
  expect(readdirSync(history).sort()).toContain('new')
})

test('a node in the place of another one is told everything that the journal made', async () => {
  await start({ coordinator: { journalKeep: 5, replace: ['server2' as NodeName] } })
  const client = cluster.client()
  await client.put('a', 'a')
  await client.put('b/c', 'c')
  await cluster.node('server2').stop()
  await cluster.untilState(['server2'], 'down')
  for (const name of readdirSync(cluster.node('server2').root))
    rmSync(at('server2', name), { recursive: true })
  await remove('a')
  await moveBeyond(3)
  await cluster.node('server2').start()
  await cluster.atRest()
  expect([both('a'), both('b/c')]).toEqual([
    [null, null],
    ['c', 'c'],
  ])
  expect(await indexOf('server2')).toEqual(await indexOf('server1'))
})
