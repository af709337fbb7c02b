import { Publication } from '../engine/event.js'
import type { HistoryEntry } from '../engine/log.js'
import { DRAFTS } from './capabilities.js'
import type { Viewer } from './viewer.js'
import { timestamp, writeEvent, writeTags } from './wire.js'

/** Sends a message of the past; it carries its time and id as far as the client takes tags. */
export function sendHistoryEntry(viewer: Viewer, { event, time, id }: HistoryEntry): void {
  const body = writeEvent(event, viewer.caps, viewer)
  if (body === undefined) return
  viewer.sendBody(body, viewer.batched(writeTags(new Publication(event, time, id), viewer.caps)))
}

/** Sends the answer to CHATHISTORY TARGETS. */
export function sendHistoryTargets(
  viewer: Viewer,
  targets: readonly { readonly name: string; readonly latest: number }[],
): void {
  viewer.openBatch(`${DRAFTS.chathistory}-targets`)
  for (const { name, latest } of targets) {
    viewer.send('CHATHISTORY', ['TARGETS', name, timestamp(latest)], viewer.server, viewer.batched(''))
  }
  viewer.closeBatch()
}
