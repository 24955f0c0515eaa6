/** What clients change and what people do in the middle of it, for the test of edits that meet changes. */
import { appendFileSync, existsSync, lstatSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Wish } from '../client/sending/wish.ts'
import type { FilePath } from '../protocol/path.ts'

type Tree = Readonly<Record<string, string>>

export interface Operation {
  /** What every node has at first. */
  readonly before: Tree
  /** Where somebody edits: one path each time. */
  readonly edited: readonly string[]
  readonly change: (path: (name: string) => FilePath) => Wish['what']
  readonly content?: string
  /** What a node has then on which nobody edits. */
  readonly after: Tree
  /** What it has where the same path was found to be a folder on the other: nothing is deleted there then. */
  readonly afterMixed?: Tree
}

const large = `large ${'x'.repeat(100_000)}`

export const operations: Record<string, Operation> = {
  'put of a new file': {
    before: {},
    edited: ['a'],
    change: path => ({ type: 'put', path: path('a'), executable: null }),
    content: 'new',
    after: { a: 'new' },
  },
  'put over a file': {
    before: { a: 'old' },
    edited: ['a'],
    change: path => ({ type: 'put', path: path('a'), executable: null }),
    content: 'new',
    after: { a: 'new' },
  },
  'put of many bytes over a file': {
    before: { a: 'old' },
    edited: ['a'],
    change: path => ({ type: 'put', path: path('a'), executable: null }),
    content: large,
    after: { a: large },
  },
  append: {
    before: { a: 'old' },
    edited: ['a'],
    change: path => ({ type: 'append', path: path('a'), create: false }),
    content: 'new',
    after: { a: 'oldnew' },
  },
  'delete of a file': {
    before: { a: 'old' },
    edited: ['a'],
    change: path => ({ type: 'delete', path: path('a'), recursive: false, force: false }),
    after: {},
  },
  'delete of a folder': {
    before: { 'd/x': 'old', 'd/y': 'other' },
    edited: ['d/x', 'd/new'],
    change: path => ({ type: 'delete', path: path('d'), recursive: true, force: false }),
    after: {},
    afterMixed: { 'd/x': 'old' },
  },
  'rename of a file': {
    before: { a: 'old' },
    edited: ['a', 'b'],
    change: path => ({ type: 'rename', from: path('a'), to: path('b'), force: false }),
    after: { b: 'old' },
  },
  'rename onto a file': {
    before: { a: 'old', b: 'other' },
    edited: ['a', 'b'],
    change: path => ({ type: 'rename', from: path('a'), to: path('b'), force: true }),
    after: { b: 'old' },
  },
  'rename of a folder': {
    before: { 'd/x': 'old', 'd/y': 'other' },
    edited: ['d/x', 'd/new', 'e/x', 'e'],
    change: path => ({ type: 'rename', from: path('d'), to: path('e'), force: false }),
    after: { 'e/x': 'old', 'e/y': 'other' },
  },
  mkdir: {
    before: { x: 'old' },
    edited: ['m'],
    change: path => ({ type: 'mkdir', path: path('m'), parents: false }),
    after: { x: 'old' },
  },
}

export const edit = 'edited by a person'

/** Each does its work at a file's name, if that is possible there. @returns whether it wrote something. */
export const edits: Record<string, (file: string) => boolean> = {
  'saves a whole file': file => {
    if (isFolder(file)) return false
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(`${file}.saving`, edit)
    renameSync(`${file}.saving`, file)
    return true
  },
  'writes in place': file => {
    if (isFolder(file)) return false
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, edit)
    return true
  },
  'adds a line': file => {
    if (!existsSync(file) || isFolder(file)) return false
    appendFileSync(file, edit)
    return true
  },
  'deletes a file': file => {
    if (!isFolder(file)) rmSync(file, { force: true })
    return false
  },
  'lays a folder there': file => {
    if (!isFolder(file)) rmSync(file, { force: true })
    mkdirSync(join(file, 'inside'), { recursive: true })
    writeFileSync(join(file, 'inside', 'file'), edit)
    return true
  },
}

export const isFolder = (file: string): boolean => existsSync(file) && lstatSync(file).isDirectory()
