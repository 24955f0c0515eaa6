/** The trees of nodes as they lie on the disk, without what belongs to the servers. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ownFolder } from '../../protocol/path.ts'
import { contentOf, type Tree } from './model.ts'
import { Violation } from './violation.ts'

/** @returns path → the hash of its bytes, or `folder`. */
export function treeBelow(root: string): Map<string, string> {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true })
  const found = new Map<string, string>()
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name)
    const name = path.slice(root.length + 1)
    if (name === ownFolder || name.startsWith(`${ownFolder}/`)) continue
    found.set(name, entry.isDirectory() ? 'folder' : hashOf(readFileSync(path)))
  }
  return found
}

/** @throws Violation naming the first path at which the trees are not the same. @returns one of them. */
export function assertSameTrees(roots: readonly string[]): Map<string, string> {
  const [first, ...others] = roots.map(treeBelow)
  for (const [place, other] of others.entries()) {
    for (const path of new Set([...first!.keys(), ...other.keys()])) {
      const one = first!.get(path)
      if (one !== other.get(path))
        throw new Violation(
          `${path} is ${one} below ${roots[0]}, ${other.get(path)} below ${roots[place + 1]}`,
        )
    }
  }
  return first!
}

/** @returns the trees as they would lie in `folder`, for telling which one does. */
export function onDisk(folder: string, tree: Tree): Map<string, string> {
  return new Map(
    [...tree].map(([path, held]) => [
      `${folder}/${path}`,
      held === 'folder' ? held : hashOf(contentOf(held)),
    ]),
  )
}

function hashOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
