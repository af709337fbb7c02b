import { setImmediate as nextTurn } from 'node:timers/promises'
import { preferredType } from '../accept.js'
import { checkNumber } from '../option-checks.js'
import { pagePolicy } from '../page.js'
import { addVary } from '../response.js'
import type { DirectoryEntry } from './entry.js'
import { type ListedEntry, readListing, sortListing } from './listing.js'
import {
  listingEnd,
  listingJsonEnd,
  listingJsonEntry,
  listingJsonStart,
  listingRow,
  listingStart,
  parseOrder,
} from './listing-page.js'
import { precondition } from './send-file.js'
import { Turnstile } from './turnstile.js'
import type { Case, Visit } from './visit.js'

/** Options of {@link directoryListing}. */
export interface DirectoryListingOptions {
  /**
   * Directories read and sorted at the same time; further ones wait.
   * 0: no limit. Default: 4, as many as the thread pool has threads.
   */
  readonly maxConcurrent?: number
}

/** Rows that are made and written together, about 32 KiB. */
const rowsPerPiece = 200

/**
 * A directory answers with what is in it: a page, or JSON when `Accept` prefers that. `?sort=name|size|date` and
 * `&order=asc|desc` sort it. Without a slash at its end a directory answers with the way there.
 *
 * Dotfiles, links that leave the root, devices, sockets and FIFOs are not listed, since they are not served either.
 *
 * @throws RangeError for a limit out of its range
 */
export function directoryListing(options: DirectoryListingOptions = {}): Case {
  const turnstile = new Turnstile(checkNumber('maxConcurrent', options.maxConcurrent ?? 4), 0)

  return {
    name: 'directory listing',
    test: (visit) => visit.entry.kind === 'directory' || visit.pass('not a directory'),
    act(visit) {
      const { entry, response } = visit
      if (entry.kind !== 'directory') return
      if (visit.method !== 'GET' && visit.method !== 'HEAD') return visit.refuseMethod()
      if (!entry.target.directory) return visit.redirect(`${visit.path}/`)
      response.setField('Cache-Control', 'no-cache')
      addVary(response, 'Accept')
      return send(visit, entry)
    },
  }

  async function send(visit: Visit, directory: DirectoryEntry): Promise<void> {
    const { request, response } = visit
    if (!(await turnstile.enter(response))) return
    let sorted: ListedEntry[]
    const order = parseOrder(visit.query)
    try {
      const entries = await readListing(visit.tree, directory, () => response.finished)
      if ('kind' in entries) return visit.sendNothing(entries)
      sorted = await sortListing(entries, order)
    } finally {
      turnstile.leave()
    }
    if (response.finished) return
    // A listing has neither an entity tag nor a date; a condition may be `*` all the same.
    const verdict = precondition(request, visit.method, {})
    if (verdict === 412) return response.sendError(412)
    if (verdict === 304) {
      response.status = 304
      response.end()
      return
    }
    const type = preferredType(request.fields.get('accept'), ['text/html', 'application/json']) ?? 'text/html'
    response.setField('Content-Type', `${type}; charset=utf-8`)
    response.setField('X-Content-Type-Options', 'nosniff')
    if (type === 'text/html') response.setField('Content-Security-Policy', pagePolicy)
    await write(visit, type === 'text/html' ? htmlPieces() : jsonPieces())

    function* htmlPieces() {
      yield listingStart(visit.names, order)
      yield* pieces(sorted, listingRow)
      yield listingEnd(sorted)
    }

    function* jsonPieces() {
      yield listingJsonStart(visit.path)
      yield* pieces(sorted, (entry, index) => listingJsonEntry(entry, index === 0))
      yield listingJsonEnd
    }
  }
}

function* pieces(entries: ListedEntry[], render: (entry: ListedEntry, index: number) => string): Generator<string> {
  for (let start = 0; start < entries.length; start += rowsPerPiece) {
    let piece = ''
    for (let i = start; i < Math.min(start + rowsPerPiece, entries.length); i++) piece += render(entries[i]!, i)
    yield piece
  }
}

/** A small listing leaves whole, with its length; a large one in pieces, with turns for others between them. */
async function write(visit: Visit, source: Iterable<string>): Promise<void> {
  const { response } = visit
  let held = ''
  for (const piece of source) {
    if (held.length + piece.length < 64 * 1024 && !response.headSent) {
      held += piece
      continue
    }
    response.write(held + piece)
    held = ''
    try {
      await response.drained()
    } catch {
      return
    }
    await nextTurn()
    if (response.finished) return
  }
  response.end(held)
}
