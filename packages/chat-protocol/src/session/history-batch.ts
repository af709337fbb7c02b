import { Publication } from '../engine/event.js'
import type { HistoryEntry } from '../engine/log.js'
import { CAP, DRAFTS } from './capabilities.js'
import type { Viewer } from './viewer.js'
import { timestamp, writeEvent, writeTags } from './wire.js'

/** Sends a page of history as a batch; every message in it carries its time and id as far as the client takes tags. */
export function sendHistory(viewer: Viewer, target: string, entries: readonly HistoryEntry[]): void {
  const batch = viewer.openBatch('chathistory', target)
  for (const entry of entries) {
    const body = writeEvent(entry.event, viewer.caps, viewer)
    if (body === undefined) continue
    const tags = writeTags(new Publication(entry.event, entry.time, entry.id), viewer.caps)
    viewer.sendBody(body, batch === '' ? tags : tags === '' ? `batch=${batch}` : `batch=${batch};${tags}`)
  }
  if (batch !== '') viewer.closeBatch(batch)
}

/** Sends the answer to CHATHISTORY TARGETS. */
export function sendHistoryTargets(
  viewer: Viewer,
  targets: readonly { readonly name: string; readonly latest: number }[],
): void {
  const batch = viewer.openBatch(`${DRAFTS.chathistory}-targets`)
  for (const { name, latest } of targets) {
    viewer.send(
      'CHATHISTORY',
      ['TARGETS', name, timestamp(latest)],
      viewer.server,
      batch === '' ? '' : `batch=${batch}`,
    )
  }
  if (batch !== '') viewer.closeBatch(batch)
}

/** True when history may be asked for: without batches an answer could not be told from live messages. */
export function mayAskHistory(caps: number): boolean {
  return (caps & CAP.chathistory) !== 0 && (caps & CAP.batch) !== 0
}
