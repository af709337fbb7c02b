/** What a directory contains, read without holding the event loop and without following links out of the root. */
import { lstat, type Stats } from 'node:fs'
import { opendir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { closeQuietly, pathOfDescriptor, reasonOf } from './confined-open.js'
import type { DirectoryEntry, NoEntry } from './entry.js'
import { patientSort } from './patient-sort.js'
import { nothing, type Tree } from './tree.js'

const lstatAsync = promisify(lstat) as (path: string) => Promise<Stats>

/** One line of a listing. */
export interface ListedEntry {
  readonly name: string
  readonly directory: boolean
  /** octets; 0 for a directory */
  readonly size: number
  /** milliseconds since 1970 */
  readonly modified: number
}

/** What a listing can be sorted by. */
export type SortKey = 'name' | 'size' | 'date'

/** The order of a listing. */
export interface Order {
  readonly key: SortKey
  readonly descending: boolean
}

/** Names that are read and looked at together. */
const batch = 256

/**
 * Reads a directory. What could not be opened is not listed: dotfiles, links that leave the root, devices. What vanishes
 * while it is read is not listed either.
 *
 * @param gone asked between batches; when it says yes nobody waits for the result any more
 */
export async function readListing(
  tree: Tree,
  directory: DirectoryEntry,
  gone: () => boolean,
): Promise<ListedEntry[] | NoEntry> {
  const opened = await tree.openDirectory(directory)
  if ('kind' in opened) return opened
  const top = directory.target.names.length === 0
  const path = pathOfDescriptor(opened)
  const listed: ListedEntry[] = []
  try {
    let pending: Promise<ListedEntry | undefined>[] = []
    for await (const entry of await opendir(path, { bufferSize: batch })) {
      if (!tree.shows(entry.name, top)) continue
      pending.push(look(entry.name, entry.isSymbolicLink()))
      if (pending.length < batch) continue
      await collect(pending)
      pending = []
      if (gone()) return []
    }
    await collect(pending)
    return listed
  } catch (error) {
    // What may not be read, has vanished, or takes a second descriptor that the process does not have.
    return nothing(directory.target, reasonOf(error))
  } finally {
    closeQuietly(opened)
  }

  async function collect(looks: Promise<ListedEntry | undefined>[]): Promise<void> {
    for (const entry of await Promise.all(looks)) if (entry !== undefined) listed.push(entry)
  }

  async function look(name: string, link: boolean): Promise<ListedEntry | undefined> {
    const stat = link
      ? await tree.peek([...directory.target.names, name])
      : await lstatAsync(join(path, name)).catch(() => {})
    if (stat === undefined || !(stat.isFile() || stat.isDirectory())) return undefined
    const isDirectory = stat.isDirectory()
    return { name, directory: isDirectory, size: isDirectory ? 0 : stat.size, modified: stat.mtimeMs }
  }
}

const collator = new Intl.Collator('en', { numeric: true })

/** Beyond this, names are compared by code unit: knowing that `page 10` follows `page 9` is slow. */
const maxCollated = 5000

/** Sorts a listing: directories first, then by key; equal ones by name. */
export function sortListing(entries: readonly ListedEntry[], order: Order): Promise<ListedEntry[]> {
  const byName =
    entries.length <= maxCollated
      ? (a: ListedEntry, b: ListedEntry) => collator.compare(a.name, b.name) || byCodeUnit(a, b)
      : byCodeUnit
  const sign = order.descending ? -1 : 1
  const byKey = {
    name: byName,
    size: (a: ListedEntry, b: ListedEntry) => a.size - b.size,
    date: (a: ListedEntry, b: ListedEntry) => a.modified - b.modified,
  }[order.key]
  return patientSort(entries, (a, b) => Number(b.directory) - Number(a.directory) || sign * byKey(a, b) || byName(a, b))
}

function byCodeUnit(a: ListedEntry, b: ListedEntry): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0
}
