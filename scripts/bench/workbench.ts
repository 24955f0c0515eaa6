/** What the rows work with: programs are started when a row wants them, and ended behind it. */
import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { bundle } from './bundles.ts'
import type { Children } from './children.ts'
import { Cluster } from './cluster.ts'
import { Loader } from './loader.ts'
import type { Bench } from './row.ts'
import type { Sizes } from './sizes.ts'
import type { Trees } from './trees.ts'
import { isInstalled, startWebServer } from './web-server.ts'

export interface WorkbenchOptions {
  readonly sizes: Sizes
  readonly trees: Trees
  readonly children: Children
  readonly dist: string
  /** For all that the bench makes; removed at the end. */
  readonly folder: string
}

export class Workbench implements Bench {
  readonly sizes: Sizes
  readonly trees: Trees
  readonly children: Children
  readonly dist: string
  private readonly folder: string
  private modules = { load: '', echo: '' }

  constructor({ sizes, trees, children, dist, folder }: WorkbenchOptions) {
    this.sizes = sizes
    this.trees = trees
    this.children = children
    this.dist = dist
    this.folder = folder
  }

  /** Builds the bench's own programs. */
  async prepare(): Promise<void> {
    const [load, echo] = await Promise.all(['load', 'echo'].map(name => bundle(this.folder, name)))
    this.modules = { load: load!, echo: echo! }
  }

  /** Ends everything that a row has started. */
  clear(): Promise<void> {
    return this.children.endAll()
  }

  startCluster(): Promise<Cluster> {
    const { children, dist, trees } = this
    return Cluster.start({ children, dist, roots: trees.roots })
  }

  startLoader(): Loader {
    return new Loader(this.children, this.modules.load)
  }

  async startEcho(): Promise<number> {
    const back = await this.startHop(['back'])
    return this.startHop(['front', String(back)])
  }

  async webServer(): Promise<number | null> {
    if (!isInstalled('nginx')) return null
    const { children, folder, trees } = this
    return startWebServer({ children, folder: join(folder, 'nginx'), root: trees.roots[0] })
  }

  /** @returns the port that the hop says. */
  private startHop(args: readonly string[]): Promise<number> {
    const hop: ChildProcess = this.children.fork(this.modules.echo, args)
    return new Promise((resolve, reject) => {
      hop.once('message', port => resolve(port as number))
      hop.once('exit', () => reject(new Error('the echo ended')))
    })
  }
}
