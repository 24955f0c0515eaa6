/**
 * What a folder may hold that only one client changes, one change after the other. A change whose outcome nobody knows
 * leaves two possibilities: it was made, at any time since, or it was not. What an answer contradicts is no possibility
 * any more; where none is left, a promise was broken.
 */

/** A path's content as the names of the pieces that it was put together from, or a folder. */
export type Held = readonly string[] | 'folder'
export type Tree = ReadonlyMap<string, Held>

export type Change =
  | { readonly type: 'put' | 'append'; readonly path: string; readonly piece: string }
  | { readonly type: 'rename'; readonly from: string; readonly path: string; readonly force: boolean }
  | { readonly type: 'delete'; readonly path: string; readonly recursive: boolean }
  | { readonly type: 'mkdir'; readonly path: string }

interface Possibility {
  readonly tree: Tree
  /** The numbers of the unknown changes that were made. */
  readonly made: readonly number[]
}

/** @returns the tree after the change; null where it is refused. All paths lie in one folder that is there. */
export function apply(tree: Tree, change: Change): Tree | null {
  const held = tree.get(change.path)
  switch (change.type) {
    case 'put':
      return held === 'folder' ? null : new Map(tree).set(change.path, [change.piece])
    case 'append':
      return held === 'folder' ? null : new Map(tree).set(change.path, [...(held ?? []), change.piece])
    case 'mkdir':
      return held === undefined ? new Map(tree).set(change.path, 'folder') : null
    case 'delete':
      if (held === undefined || (held === 'folder' && !change.recursive)) return null
      return without(tree, change.path)
    case 'rename': {
      const moved = tree.get(change.from)
      if (moved === undefined || held === 'folder' || (held !== undefined && !change.force)) return null
      return without(tree, change.from).set(change.path, moved)
    }
  }
}

function without(tree: Tree, path: string): Map<string, Held> {
  const rest = new Map(tree)
  rest.delete(path)
  return rest
}

export class Possible {
  private possibilities: readonly Possibility[] = [{ tree: new Map(), made: [] }]
  private readonly unknown: Change[] = []

  get trees(): readonly Tree[] {
    return this.possibilities.map(({ tree }) => tree)
  }

  /** @returns whether anything is possible still. */
  acknowledged(change: Change): boolean {
    return this.keep(({ tree, made }) => {
      const next = apply(tree, change)
      return next === null ? [] : [{ tree: next, made }]
    })
  }

  /** It was refused for what is there. @returns whether anything is possible still. */
  refused(change: Change): boolean {
    return this.keep(one => (apply(one.tree, change) === null ? [one] : []))
  }

  wentUnanswered(change: Change): void {
    this.unknown.push(change)
    this.keep(one => [one])
  }

  /** The folder was looked at. @returns whether it may hold what was seen. */
  seen(isSeen: (tree: Tree) => boolean): boolean {
    return this.keep(one => (isSeen(one.tree) ? [one] : []))
  }

  private keep(next: (one: Possibility) => readonly Possibility[]): boolean {
    const kept = this.withLateOnes().flatMap(next)
    const different = new Map(kept.map(one => [`${one.made} ${keyOf(one.tree)}`, one]))
    this.possibilities = [...different.values()]
    return this.possibilities.length > 0
  }

  /** Every unknown change may have been made just now, in any order. */
  private withLateOnes(): readonly Possibility[] {
    const all = [...this.possibilities]
    for (const { tree, made } of all) {
      for (const [number, change] of this.unknown.entries()) {
        const next = made.includes(number) ? null : apply(tree, change)
        if (next !== null) all.push({ tree: next, made: [...made, number].sort() })
      }
    }
    return all
  }
}

function keyOf(tree: Tree): string {
  return JSON.stringify([...tree].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** @returns the bytes of a piece: no two pieces have the same. Its name ends with their number. */
export function bytesOf(piece: string): Buffer {
  const count = Number(piece.slice(piece.lastIndexOf(':') + 1))
  return Buffer.alloc(count, `${piece}\n`)
}

export function contentOf(pieces: readonly string[]): Buffer {
  return Buffer.concat(pieces.map(bytesOf))
}
