/**
 * What this node still has of the contents of a path, and of all below it, path by path in the order of their keys. Below it only of
 * such paths as were once something else than they are.
 */
import type { HadContent } from '../../../protocol/history-messages.ts'
import { type FilePath, type FolderPath, wholeTree } from '../../../protocol/path.ts'
import { compareKeys, type PathEntries } from '../path-entries.ts'
import type { HistoryCatalog } from './catalog.ts'
import { type HadSources, hadContents } from './had-contents.ts'

type Paths = Pick<PathEntries<unknown>, 'paths'>

export interface HadBelowSources extends HadSources {
  readonly paths: HadSources['paths'] & { readonly contents: Paths }
  readonly catalog: Pick<HistoryCatalog, 'of' | 'paths'>
}

/** All of one path at a time. @throws DiskError. */
export async function* hadBelow(sources: HadBelowSources, folder: FolderPath): AsyncGenerator<HadContent[]> {
  const own = folder === wholeTree ? null : (folder as FilePath)
  const ownSource: Paths = {
    paths: (_, after) => (own !== null && (after === null || compareKeys(own, after) > 0) ? [own] : []),
  }
  for (const path of pathsIn([ownSource, sources.catalog, sources.paths.contents], folder)) {
    const contents = await hadContents(sources, path)
    if (path === own || contents.some(({ isCurrent }) => !isCurrent)) yield contents
    if (sources.slices.isUsedUp) await sources.slices.next()
  }
}

/** Those of all, each once, in their order. */
function* pathsIn(all: readonly Paths[], folder: FolderPath): Generator<FilePath> {
  const ahead = all.map(source => pathsOf(source, folder))
  const next = ahead.map(paths => paths.next().value ?? null)
  for (;;) {
    const [first] = next.filter(path => path !== null).sort(compareKeys)
    if (first === undefined) return
    for (const [at, path] of next.entries()) if (path === first) next[at] = ahead[at]!.next().value ?? null
    yield first
  }
}

function* pathsOf(source: Paths, folder: FolderPath): Generator<FilePath, undefined> {
  for (let after: FilePath | null = null; ; ) {
    const piece = source.paths(folder, after)
    if (piece.length === 0) return
    yield* piece
    after = piece.at(-1)!
  }
}
