import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { placeFor, placementOf } from './placement.ts'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'concur-placement-'))
  mkdirSync(join(folder, 'there'))
  writeFileSync(join(folder, 'file'), 'x')
  symlinkSync('there', join(folder, 'link'))
})

afterAll(() => rmSync(folder, { recursive: true }))

test('without -o files go into the folder where the person is, under their own names', () => {
  const placement = placementOf(null, folder)
  expect(placement).toEqual({ is: 'folder', path: folder, shown: '' })
  expect(placeFor(placement as never, 'a.txt')).toEqual({ path: `${folder}/a.txt`, shown: 'a.txt' })
})

test.each(['-', '/dev/stdout', '/dev/fd/1', '/proc/self/fd/1'])('%s is standard output', output => {
  expect(placementOf(output, folder)).toEqual({ is: 'stdout' })
})

test.each([
  ['there', 'there/'],
  ['there/', 'there/'],
  ['link', 'link/'],
])('%s is a folder, and files go inside', (output, shown) => {
  const placement = placementOf(output, folder)
  expect(placement).toEqual({ is: 'folder', path: `${folder}/${output}`, shown })
  expect(placeFor(placement as never, 'a')).toEqual({ path: `${folder}/${output}/a`, shown: `${shown}a` })
})

test('a whole name is one, wherever the person is', () => {
  expect(placementOf(join(folder, 'there'), '/elsewhere')).toMatchObject({
    is: 'folder',
    path: `${folder}/there`,
  })
})

test.each(['new', 'file', 'file/below', 'nothing/new'])('%s is the name of the file', output => {
  const placement = placementOf(output, folder)
  expect(placement).toEqual({ is: 'name', path: `${folder}/${output}`, shown: output })
  expect(placeFor(placement as never, 'a.txt')).toEqual({ path: `${folder}/${output}`, shown: output })
})

test.each(['nothing/', 'file/'])('%s means a folder, and there is none', output => {
  expect(() => placementOf(output, folder)).toThrow(
    expect.objectContaining({
      code: 'IO_ERROR',
      message: `cannot be saved as ${output}: there is no such folder`,
    }),
  )
})
