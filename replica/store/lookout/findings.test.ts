import type { FilePath } from '../../../protocol/path.ts'
import { at, digest } from '../changes.fixture.ts'
import type { PathState } from '../path-index.ts'
import { Findings, readBytesMax } from './findings.ts'
import { Marks } from './marks.ts'
import type { Looked } from './path-look.ts'

const state: PathState = { seq: 1, is: 'file', digest: digest('x'), size: 1 }
const edited: Looked = { is: 'deviating', state, deviation: 'edited' }
const fine: Looked = { is: 'as journaled', state }
const mebibyte = 1024 * 1024

function unread(size: number, wasRead = true): Looked {
  return { is: 'unread', state, size, wasRead }
}

let looked: Looked
let whenRead: Looked
let read: FilePath[]
let findings: Findings

beforeEach(() => {
  looked = fine
  whenRead = fine
  read = []
  findings = new Findings({
    pathLook: {
      look: () => looked,
      read: async path => {
        read.push(path)
        return whenRead
      },
    },
    marks: new Marks(3),
  })
})

function look(path: string, as: Looked): void {
  looked = as
  findings.look(at(path))
}

async function readAll(): Promise<FilePath[]> {
  while (findings.hasUnread) await findings.readNext()
  return read
}

test('a file whose bytes alone would tell is read later, once however often it is met', async () => {
  look('a', unread(5 * mebibyte))
  look('a', unread(5 * mebibyte))
  whenRead = edited
  expect(await findings.readNext()).toBe(5 * mebibyte)
  expect(await readAll()).toEqual(['a'])
  expect(findings.marks.has(at('a'))).toBe(true)
  expect(await findings.readNext()).toBe(0)
})

test('a file that settled itself meanwhile is not read', async () => {
  look('a', unread(1))
  look('a', edited)
  look('b', unread(1))
  look('b', fine)
  expect(await readAll()).toEqual([])
})

test('a marked file that changes all the time is read again by an event only while it is short, else by a scan', async () => {
  look('short', edited)
  look('long', edited)
  look('short', unread(16 * mebibyte))
  look('long', unread(16 * mebibyte + 1))
  expect(await readAll()).toEqual(['short'])
  findings.beginScan()
  look('long', unread(16 * mebibyte + 1))
  findings.endScan(true)
  expect(await readAll()).toEqual(['short', 'long'])
})

test('a file that is too long to be read is marked when it changed since it was read, and not when nobody ever did', async () => {
  look('touched', unread(readBytesMax + 1))
  look('never read', unread(readBytesMax + 1, false))
  look('just short enough', unread(readBytesMax))
  expect(findings.marks.get(at('touched'))).toEqual({ deviation: 'touched', kept: null })
  expect(findings.marks.has(at('never read'))).toBe(false)
  expect(await readAll()).toEqual(['just short enough'])
})

test('what is about to be changed by a record stays as it was', () => {
  look('a', edited)
  look('a', { is: 'unsettled' })
  expect(findings.marks.has(at('a'))).toBe(true)
  look('a', { is: 'not ours' })
  expect(findings.marks.has(at('a'))).toBe(false)
})

test('marks that have no place are counted by a scan, and by nothing else', () => {
  for (const path of ['a', 'b', 'c', 'd', 'd']) look(path, edited)
  expect(findings.marks.count).toBe(3)
  findings.beginScan()
  for (const path of ['a', 'b', 'c', 'd', 'e']) look(path, edited)
  expect(findings.marks.count).toBe(3)
  findings.endScan(true)
  expect(findings.marks.count).toBe(5)
  findings.beginScan()
  findings.endScan(false)
  expect(findings.marks.count).toBe(5)
})

test('what was kept back is marked with its reason, also where only the bytes would tell; a file that was not marked before is told', () => {
  const keep = (path: string, as: Looked): boolean => {
    looked = as
    return findings.keep(at(path), 'it was changed on this disk')
  }
  expect(keep('a', edited)).toBe(true)
  expect(keep('a', edited)).toBe(false)
  expect(keep('b', unread(1))).toBe(true)
  expect(findings.marks.get(at('b'))).toEqual({ deviation: 'edited', kept: 'it was changed on this disk' })
  expect(keep('fine', fine)).toBe(false)
  expect(findings.marks.has(at('fine'))).toBe(false)
  expect(keep('c', { is: 'deviating', state: { seq: 1, is: 'folder' }, deviation: 'missing' })).toBe(false)
  expect(findings.marks.has(at('c'))).toBe(true)
})
