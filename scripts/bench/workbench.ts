/** What the rows work with: programs are started when a row wants them, and ended behind it. */
import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { bundle } from './bundles.ts'
import type { Children } from './children.ts'
import { Cluster } from './cluster.ts'
import { startEtcd } from './etcd.ts'
import { type GlusterFs, startGlusterFs } from './glusterfs.ts'
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
  readonly folder: string
  private modules = { load: '', echo: '', bareStore: '' }
  private stores = 0
  private volumes = 0

  constructor({ sizes, trees, children, dist, folder }: WorkbenchOptions) {
    this.sizes = sizes
    this.trees = trees
    this.children = children
    this.dist = dist
    this.folder = folder
  }

  /** Builds the bench's own programs. */
  async prepare(): Promise<void> {
    const names = ['load', 'echo', 'bare-store']
    const [load, echo, bareStore] = await Promise.all(names.map(name => bundle(this.folder, name)))
    this.modules = { load: load!, echo: echo!, bareStore: bareStore! }
  }

  /** Ends everything that a row has started. */
  clear(): Promise<void> {
    return this.children.endAll()
  }

  startCluster(): Promise<Cluster> {
    const { children, dist, trees } = this
    return Cluster.start({ children, dist, roots: trees.roots })
  }

  startLoader(threads?: number): Loader {
    return new Loader(this.children, this.modules.load, threads)
  }

  async startEcho(): Promise<number> {
    const { echo } = this.modules
    const back = await this.startHop(echo, ['back'])
    return this.startHop(echo, ['front', String(back)])
  }

  async startBareStore(how: 'journal' | 'each'): Promise<number> {
    const { bareStore } = this.modules
    const folder = join(this.folder, `bare-store-${++this.stores}`)
    const back = await this.startHop(bareStore, [how, join(folder, 'back')])
    return this.startHop(bareStore, [how, join(folder, 'front'), String(back)])
  }

  async etcd(): Promise<number | null> {
    return isInstalled('etcd') ? startEtcd(this.children, this.folder) : null
  }

  glusterFs(): Promise<GlusterFs> {
    return startGlusterFs(this.children, join(this.folder, `glusterfs-${++this.volumes}`))
  }

  async webServer(): Promise<number | null> {
    if (!isInstalled('nginx')) return null
    const { children, folder, trees } = this
    return startWebServer({ children, folder: join(folder, 'nginx'), root: trees.roots[0] })
  }

  /** @returns the port that the hop says. */
  private startHop(module: string, args: readonly string[]): Promise<number> {
    const hop: ChildProcess = this.children.fork(module, args)
    return new Promise((resolve, reject) => {
      hop.once('message', port => resolve(port as number))
      hop.once('exit', () => reject(new Error('a hop ended before it served')))
    })
  }
}
