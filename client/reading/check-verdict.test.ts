import { fileCopy } from '../../fixtures/scripted-node.ts'
import type { Version } from '../../protocol/copies.ts'
import { fileBytesMax } from '../../protocol/limits.ts'
import type { Verdict } from '../../protocol/messages.ts'
import { judge } from '../../protocol/verdict.ts'
import { checkVerdict } from './check-verdict.ts'

const server = (name: string) => name as Version['copies'][number]['node']
const single = judge([
  { node: server('server1'), copy: fileCopy('A') },
  { node: server('server2'), copy: fileCopy('A') },
])
const different = judge([
  { node: server('server1'), copy: fileCopy('A') },
  { node: server('server2'), copy: fileCopy('B') },
])
const nothing = judge([{ node: server('server1'), copy: { is: 'absent' } }])

test.each([single, different, nothing])('a verdict that makes sense is believed', verdict => {
  expect(() => checkVerdict(verdict)).not.toThrow()
})

const [version] = single.versions
const without = (said: Partial<Version>): Version[] => [{ ...version!, ...said }]

test.each<[string, Verdict]>([
  ['an error and another verdict', { ...single, error: nothing.error }],
  ['an error and another verdict', { ...nothing, error: null }],
  ['SINGLE_FILE of no single file', { ...single, versions: [] }],
  ['SINGLE_FILE of no single file', { ...different, verdict: 'SINGLE_FILE' }],
  ['SINGLE_FILE of no single file', { ...single, versions: without({ type: 'folder' }) }],
  ['DIFFERENT_FILES without a version', { ...different, versions: [] }],
  ['one node with two versions', { ...different, versions: [version!, version!] }],
  ['a version that no node holds', { ...single, versions: without({ copies: [] }) }],
  ['a file without a digest', { ...single, versions: without({ digest: null }) }],
  [`a file of ${fileBytesMax + 1} bytes`, { ...single, versions: without({ size: fileBytesMax + 1 }) }],
])('%s is the server’s mistake', (what, verdict) => {
  expect(() => checkVerdict(verdict)).toThrow(
    expect.objectContaining({
      code: 'BAD_FRAME',
      message: `the server's verdict makes no sense: ${what}`,
    }),
  )
})

test('a folder among versions that differ needs no digest', () => {
  const folder = {
    ...version!,
    type: 'folder' as const,
    digest: null,
    copies: [{ node: server('server2'), checkedAtMs: null }],
  }
  const first = { ...version!, copies: version!.copies.slice(0, 1) }
  expect(() => checkVerdict({ ...different, versions: [first, folder] })).not.toThrow()
})
