/**
 * Whether a replica's word is its coordinator's. A replica that has just lost its coordinator answers for itself, with
 * the coordinator as `down`. Clause: protocol/README.md "Relaying".
 */
import type { Connection } from '../../protocol/connection.ts'
import type { Timers } from '../../protocol/world.ts'
import { askStatus } from '../reading/ask-status.ts'

export async function coordinatorAnswers(
  connection: Connection,
  patience: { readonly timers: Timers; readonly silenceMs: number },
): Promise<boolean> {
  try {
    const { coordinator } = await askStatus({ connection, ...patience })
    return coordinator.state !== 'down'
  } catch {
    return false
  }
}
