/** EXAMINE: the condition of every node, for `doctor`. Clause: protocol/README.md "EXAMINE". */
import { asConcurError } from '../protocol/errors.ts'
import type { Condition, Examined } from '../protocol/examine-messages.ts'
import type { NodeName } from '../protocol/ids.ts'
import { beginRequestLine } from '../replica/program/request-line.ts'
import { reasonOf } from './merge-walks.ts'
import type { RequestContext } from './request.ts'

export interface ExaminedNode {
  readonly name: NodeName
  /** @throws ConcurError UNREACHABLE; DiskError. */
  condition(): Promise<Condition>
}

/** `nodes`: in the configured order, coordinator first. */
export function onExamine(nodes: readonly ExaminedNode[], context: RequestContext): void {
  const endLine = beginRequestLine(context, 'examine', '')
  void Promise.all(nodes.map(examined)).then(found => {
    context.stream.send('EXAMINED', { nodes: found }, true)
    endLine({ verdict: 'examined' })
  })
}

async function examined(node: ExaminedNode): Promise<Examined['nodes'][number]> {
  const { name } = node
  try {
    return { node: name, condition: await node.condition(), reason: null }
  } catch (error) {
    return { node: name, condition: null, reason: reasonOf(name, asConcurError(error).message) }
  }
}
