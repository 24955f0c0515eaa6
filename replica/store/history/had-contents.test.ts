import { digestOf } from '../../../protocol/digest.ts'
import { parsePath } from '../../../protocol/path.ts'
import { Slices } from '../slices.ts'
import { clock, timers } from '../store.fixture.ts'
import type { FiledObject } from './catalog.ts'
import { type HadSources, hadContents } from './had-contents.ts'

const path = parsePath('a')
const nothing = { journal: { at: () => null }, look: () => ({ is: 'absent' }) as const, leftMs: () => null }
const none = function* (): Generator<never> {}

function filed(seq: number): FiledObject {
  const { digest } = digestOf(Buffer.from(String(seq)))
  const identity = { inode: BigInt(seq), size: 1, mtimeNs: BigInt(seq) * 1_000_000n, ctimeNs: 0n }
  return { top: String(seq).padStart(16, '0'), path, digest, identity }
}

function sourcesOf(objects: readonly FiledObject[]): HadSources {
  return {
    ...nothing,
    paths: { get: () => null, contents: { of: none, paths: () => [] } },
    catalog: {
      *of() {
        for (let at = 0; at < objects.length; at += 1000) yield objects.slice(at, at + 1000)
      },
    },
    objects: { examine: async object => object },
    pastOf: () => ({ path, operationAt: () => null, seqOf: () => null }),
    slices: new Slices({ clock, timers, pace: { workMs: 8, restMs: 0 } }),
  }
}

test('of very many objects of one path the last ones are told', async () => {
  const objects = Array.from({ length: 25_000 }, (_, at) => filed(((at * 7_919) % 25_000) + 1))
  const contents = await hadContents(sourcesOf(objects), path)
  expect(contents).toHaveLength(10_000)
  expect(Math.min(...contents.map(({ timeMs }) => timeMs))).toBe(15_001)
})

test('what cannot be read, or is gone, is not told', async () => {
  const sources = sourcesOf([filed(1), filed(2), filed(3)])
  const examine: HadSources['objects']['examine'] = async object => {
    if (object.top === filed(1).top) return null
    return object.top === filed(2).top ? { ...object, digest: null } : object
  }
  const contents = await hadContents({ ...sources, objects: { examine } }, path)
  expect(contents.map(({ digest }) => digest)).toEqual([filed(3).digest])
})
