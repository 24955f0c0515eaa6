/** The coordinator's own copy: a replica's store, asked in place. */

import type { BlockRange } from '../protocol/block-ranges.ts'
import type { CopyAt } from '../protocol/copies.ts'
import type { Digest } from '../protocol/digest.ts'
import { asConcurError } from '../protocol/errors.ts'
import type { ForgetRequest, ForgottenPath, HadContent } from '../protocol/history-messages.ts'
import type { NodeName } from '../protocol/ids.ts'
import type { Entry } from '../protocol/messages.ts'
import type { Recall } from '../protocol/past-messages.ts'
import type { FilePath, FolderPath } from '../protocol/path.ts'
import type { TreeSum } from '../protocol/tree-sum.ts'
import type { NodeAnswer } from '../protocol/verdict.ts'
import { type BodySink, pourBody } from '../replica/store/body-sink.ts'
import { onceSettled } from '../replica/store/once-settled.ts'
import type { Store, SumOptions } from '../replica/store/store.ts'
import type { LookOptions, Node } from './node.ts'

export class LocalNode implements Node {
  readonly name: NodeName
  protected readonly store: Store

  constructor(options: { name: NodeName; store: Store }) {
    this.name = options.name
    this.store = options.store
  }

  look(path: FilePath, options: LookOptions): NodeAnswer | Promise<NodeAnswer> {
    const { settler } = this.store
    const seq = options.settledSeq === undefined ? null : settler.seqToSettle(path, options.settledSeq)
    if (seq === null) return this.lookNow(path, options)
    const settled = new Promise<void>(resolve => {
      const callOff = onceSettled(settler, seq, resolve)
      options.onWaiting?.(callOff)
    })
    return settled.then(() => this.lookNow(path, options))
  }

  private lookNow(path: FilePath, options: LookOptions): NodeAnswer | Promise<NodeAnswer> {
    const node = this.name
    const onCopy = (at: CopyAt): NodeAnswer => ({ node, copy: at.copy, at })
    const onFailed = (error: unknown): NodeAnswer => {
      return { node, copy: null, reason: `could not say: ${asConcurError(error).message}` }
    }
    try {
      const copy = this.store.lookAt(path, options)
      return copy instanceof Promise ? copy.then(onCopy, onFailed) : onCopy(copy)
    } catch (error) {
      return onFailed(error)
    }
  }

  async pour(path: FilePath, digest: Digest, sink: BodySink, ranges?: readonly BlockRange[]): Promise<void> {
    await pourBody(await this.store.openBody(path, digest), sink, ranges)
  }

  async recall(recall: Recall, sink: BodySink): Promise<boolean | null> {
    const body = await this.store.past.open(recall)
    await pourBody(body, sink)
    return body.executable
  }

  walk(
    folder: FolderPath,
    recursive: boolean,
    buckets: ReadonlySet<number> | null = null,
  ): AsyncIterable<readonly Entry[]> {
    return buckets === null ? this.store.walk(folder, recursive) : this.store.walkBuckets(folder, buckets)
  }

  sum(folder: FolderPath, options: SumOptions): Promise<TreeSum> {
    return this.store.sum(folder, options)
  }

  had(path: FolderPath): AsyncIterable<readonly HadContent[]> {
    return this.store.history.had(path)
  }

  forget(wanted: ForgetRequest): AsyncIterable<readonly ForgottenPath[]> {
    return this.store.history.forget(wanted)
  }
}
