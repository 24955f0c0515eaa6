/**
 * One history: a few paths in a folder of its own, changed by clients through any server and by people on any node's disk.
 * Every content is told from every other. Keeps account of which of them must not be lost, and which must not exist.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { ClusterClient } from '../../fixtures/cluster-client.ts'
import type { SeededChance } from '../../fixtures/seeded-chance.ts'
import { asConcurError } from '../../protocol/errors.ts'
import { parsePath } from '../../protocol/path.ts'

const names = ['a', 'b', 'd/c']

export interface HistoryOptions {
  readonly folder: string
  readonly chance: SeededChance
  /** One at each server. */
  readonly clients: readonly ClusterClient[]
  /** Where each node's copy lies. */
  readonly roots: readonly string[]
}

export class History {
  readonly folder: string
  /** Contents that have to be somewhere. */
  readonly owed = new Set<string>()
  /** Contents that a person wrote over, some of them before the client that wrote them was answered. */
  private readonly forgiven = new Set<string>()
  /** Contents of changes that were refused: they are nowhere. */
  readonly refused = new Set<string>()
  /** The content of each path by the last answer; null: none. */
  private readonly last = new Map<string, string | null>()
  readonly did: string[] = []
  private readonly options: HistoryOptions
  /** People leave it alone: what clients are told is all there is to know. */
  private readonly isOurs: boolean
  private pieces = 0
  private away: number | null = null

  constructor(options: HistoryOptions) {
    this.options = options
    this.folder = options.folder
    this.isOurs = options.chance.below(3) === 0
  }

  get paths(): string[] {
    return names.map(name => `${this.folder}/${name}`)
  }

  /** @returns the content that a path must have on every node; null: none; undefined: that cannot be told. */
  expected(path: string): string | null | undefined {
    return this.isOurs ? this.last.get(path) : undefined
  }

  /** `away`: the place of a server that cannot be asked. */
  async step(away: number | null): Promise<void> {
    const { chance } = this.options
    this.away = away
    const draw = chance.below(this.isOurs ? 63 : 100)
    if (draw < 30) await this.put()
    else if (draw < 45) await this.append()
    else if (draw < 53) await this.remove()
    else if (draw < 63) await this.rename()
    else if (draw < 88) this.edit()
    else if (draw < 94) this.removeByHand()
    else this.renameByHand()
  }

  private put(): Promise<void> {
    const path = this.aPath()
    const piece = this.newPiece()
    return this.change(
      `put ${path} ${piece}`,
      [path],
      client => client.put(path, piece),
      () => this.last.set(path, piece),
      piece,
    )
  }

  private append(): Promise<void> {
    const path = this.aPath()
    const piece = this.newPiece()
    return this.change(
      `append ${path} ${piece}`,
      [path],
      client => client.append(path, piece),
      () => {
        const before = this.last.get(path)
        if (before != null) this.last.set(path, `${before}${piece}`)
        else this.last.delete(path)
      },
      piece,
    )
  }

  private remove(): Promise<void> {
    const path = this.aPath()
    const what = { type: 'delete', path: parsePath(path), recursive: false, force: false } as const
    return this.change(
      `rm ${path}`,
      [path],
      client => client.change(what),
      () => this.last.set(path, null),
    )
  }

  private rename(): Promise<void> {
    const [from, to] = [this.aPath(), this.aPath()]
    const force = this.options.chance.below(2) === 0
    const what = { type: 'rename', from: parsePath(from), to: parsePath(to), force } as const
    return this.change(
      `mv ${from} ${to} ${force}`,
      [from, to],
      client => client.change(what),
      () => {
        const moved = this.last.get(from)
        if (moved == null) this.last.delete(to)
        else this.last.set(to, moved)
        this.last.set(from, null)
      },
    )
  }

  private async change(
    words: string,
    paths: readonly string[],
    ask: (client: ClusterClient) => ReturnType<ClusterClient['put']>,
    onDone: () => void,
    piece: string | null = null,
  ): Promise<void> {
    const { clients, chance } = this.options
    const drawn = chance.below(clients.length)
    const at = drawn === this.away ? 0 : drawn
    try {
      const { error } = await ask(clients[at]!)
      this.did.push(`${words} at ${at}: ${error?.code ?? 'done'}`)
      if (error === null) onDone()
      else for (const path of paths) this.last.delete(path)
      if (error === null && piece !== null && !this.forgiven.has(piece)) this.owed.add(piece)
    } catch (error) {
      const { code, message } = asConcurError(error)
      this.did.push(`${words} at ${at}: ${code} ${message}`)
      const isUnknown = code === 'TIMEOUT' || code === 'INTERNAL'
      if (isUnknown) for (const path of paths) this.last.delete(path)
      else if (piece !== null) this.refused.add(piece)
    }
  }

  /** What a person writes over is theirs to lose; what they write is not ours. */
  private edit(): void {
    const { file, path, node } = this.somewhere()
    const piece = this.newPiece()
    this.forgive(file)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, piece)
    this.owed.add(piece)
    this.did.push(`edit ${path} ${piece} on ${node}`)
  }

  /** A person saves a file at the very moment when a node is about to install something there. */
  saveInBetween(file: string): void {
    if (this.isOurs) return
    const piece = this.newPiece()
    const isWhole = this.options.chance.below(2) === 0
    this.forgive(file)
    if (isWhole) {
      writeFileSync(`${file}.saving`, piece)
      renameSync(`${file}.saving`, file)
    } else {
      writeFileSync(file, piece)
    }
    this.owed.add(piece)
    this.did.push(`save ${file} ${piece} before an install, ${isWhole ? 'renamed into place' : 'in place'}`)
  }

  private removeByHand(): void {
    const { file, path, node } = this.somewhere()
    if (!existsSync(file)) return
    this.forgive(file)
    rmSync(file)
    this.did.push(`delete ${path} on ${node}`)
  }

  private renameByHand(): void {
    const { file, path, node, root } = this.somewhere()
    const to = this.aPath()
    const target = join(root, to)
    if (!existsSync(file) || existsSync(target)) return
    mkdirSync(dirname(target), { recursive: true })
    renameSync(file, target)
    this.did.push(`rename ${path} ${to} on ${node}`)
  }

  private somewhere() {
    const { chance, roots } = this.options
    const node = chance.below(roots.length)
    const root = roots[node]!
    const path = this.aPath()
    return { node, root, path, file: join(root, path) }
  }

  private forgive(file: string): void {
    if (!existsSync(file)) return
    for (const piece of readFileSync(file, 'utf8').match(/<[^>]*>/g) ?? []) {
      this.owed.delete(piece)
      this.forgiven.add(piece)
    }
  }

  private aPath(): string {
    return `${this.folder}/${names[this.options.chance.below(names.length)]}`
  }

  private newPiece(): string {
    return `<${this.folder}:${this.pieces++}>`
  }
}
