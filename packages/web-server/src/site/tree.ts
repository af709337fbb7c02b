/**
 * The tree of files under a root, as the cases see it: ask what is at a path, get an {@link Entry}.
 *
 * What was found is remembered. For `revalidate` milliseconds an answer comes from memory, synchronously, and a small
 * file with it; then one look at the disk, through the thread pool, finds out whether it is still the same. The event loop
 * never waits for a disk. Requests that come while a look is under way share it.
 */

import { fstat, read, type Stats } from 'node:fs'
import { basename, resolve } from 'node:path'
import { promisify } from 'node:util'
import type { ContentCoding } from '../accept.js'
import { StoredLines } from '../stored-lines.js'
import { Confinement, closeQuietly, namesOf, type Opened, type Place } from './confined-open.js'
import {
  type DirectoryEntry,
  type Entry,
  entityTag,
  type FileEntry,
  type Identity,
  identityOf,
  type NoEntry,
  sameIdentity,
  type Variant,
} from './entry.js'
import { EntryCache } from './entry-cache.js'
import { isCompressible, type MediaTypes, mediaTypeOf, mediaTypeOfContent } from './media-type.js'
import { joined, type Target } from './target.js'

const readAsync = promisify(read) as (
  fd: number,
  buffer: Buffer,
  offset: number,
  length: number,
  position: number,
) => Promise<{ bytesRead: number }>

const fstatAsync = promisify(fstat) as (fd: number) => Promise<Stats>

/** How a tree looks at its files; every option has a default in `site`. */
export interface TreeOptions {
  readonly dotfiles: boolean
  readonly followLinks: boolean
  readonly precompressed: boolean
  readonly charset: string
  readonly types: MediaTypes
  readonly cacheControl: (path: string) => string | undefined
  readonly revalidate: number
  readonly maxCacheSize: number
  readonly maxCachedFileSize: number
  readonly maxCachedEntries: number
  /** whether a file of these names belongs to a case and is never sent */
  readonly reserves: (names: readonly string[]) => boolean
}

/** A file that was opened for sending: the descriptor, and the entry that describes what is behind it. */
export interface OpenedFile {
  readonly opened: Opened
  readonly file: FileEntry
}

/** Files this small leave as one string with their head: measured, the copy is cheaper than a second buffer to write. */
const maxTextSize = 4096

/** Extension and coding of variants, in the order of preference: smaller first. */
const codings: readonly (readonly [ContentCoding, string])[] = [
  ['br', '.br'],
  ['zstd', '.zst'],
  ['gzip', '.gz'],
]

/** The files under one root. */
export class Tree {
  readonly #options: TreeOptions
  readonly #cache: EntryCache
  readonly #looks = new Map<string, Promise<Entry>>()
  readonly #confinement: Confinement

  constructor(root: string, options: TreeOptions) {
    this.#confinement = new Confinement(resolve(root), options.followLinks)
    this.#options = options
    this.#cache = new EntryCache(options.maxCacheSize, options.maxCachedEntries)
  }

  /** The root as an absolute path. */
  get root(): string {
    return this.#confinement.root
  }

  /** What was lately found at a decoded path, from memory; `undefined` asks for {@link Tree.look}. */
  known(path: string): Entry | undefined {
    return this.#cache.fresh(path, performance.now() - this.#options.revalidate)
  }

  /** What is at a target, from memory when that is fresh. */
  look(target: Target): Entry | Promise<Entry> {
    const known = this.known(target.path)
    if (known !== undefined) return known
    const underWay = this.#looks.get(target.path)
    if (underWay !== undefined) return underWay
    const look = this.#look(target).finally(() => this.#looks.delete(target.path))
    this.#looks.set(target.path, look)
    return look
  }

  /**
   * Opens a file to send it. The entry that comes back describes what was opened, which is not what the path led to
   * before when the file was changed meanwhile.
   *
   * @returns `undefined` for a coded variant that was changed: whether there is one, {@link Tree.lookAgain} finds out
   */
  async open(file: FileEntry): Promise<OpenedFile | NoEntry | undefined> {
    const opened = await this.#confinement.open(file.target.names)
    if (typeof opened !== 'string' && isStill(file, opened)) return { opened, file }
    this.#cache.delete(file.target.path)
    const isCoded = file.plain !== undefined
    if (typeof opened === 'string') return isCoded ? undefined : nothing(file.target, opened)
    if (!isCoded && opened.stat.isFile() && !this.#leadsToHidden(opened)) {
      // With its variants, which it is not sent with: Vary must not depend on who comes in between.
      return { opened, file: this.#makeFile(file.target, opened, file.contentType, undefined, file.variants) }
    }
    closeQuietly(opened)
    return isCoded ? undefined : nothing(file.target, 'missing')
  }

  /** The file at a target as it is now, whatever is remembered of it. */
  async lookAgain(target: Target): Promise<FileEntry | NoEntry> {
    this.#cache.delete(target.path)
    const entry = await this.look(target)
    return entry.kind === 'directory' ? nothing(target, 'missing') : entry
  }

  /** Opens a directory to read it. */
  async openDirectory(directory: DirectoryEntry): Promise<Opened | NoEntry> {
    const opened = await this.#confinement.open(directory.target.names)
    if (typeof opened === 'string') return nothing(directory.target, opened)
    if (opened.stat.isDirectory() && !this.#leadsToHidden(opened)) return opened
    closeQuietly(opened)
    return nothing(directory.target, 'missing')
  }

  /** What a link leads to, when it leads to something that could be served. */
  async peek(names: readonly string[]): Promise<Stats | undefined> {
    const opened = await this.#confinement.open(names)
    if (typeof opened === 'string') return undefined
    closeQuietly(opened)
    return this.#leadsToHidden(opened) ? undefined : opened.stat
  }

  /** Whether a name may be seen at all. */
  shows(name: string, top: boolean): boolean {
    return this.#options.dotfiles || !name.startsWith('.') || (top && name === '.well-known')
  }

  async #look(target: Target): Promise<Entry> {
    if (target.hidden && !this.#options.dotfiles) {
      return { kind: 'refused', target, reason: 'a name that starts with a dot' }
    }
    const before = this.#cache.get(target.path)
    const entry = (await this.#stillThere(before)) ?? (await this.#load(target))
    if (entry.kind === 'file' || entry.kind === 'directory') this.#cache.set(target.path, entry, performance.now())
    else this.#cache.delete(target.path)
    return entry
  }

  /** One look, without opening it, tells whether a remembered file is still what its path leads to. */
  async #stillThere(before: Entry | undefined): Promise<Entry | undefined> {
    if (before?.kind !== 'file') return undefined
    const now = await this.#confinement.look(before.target.names)
    if (typeof now === 'string' || !isStill(before, now)) return undefined
    if (before.etag.startsWith('W/')) return undefined
    const variants = await this.#variantsOf(before.target, before.contentType, before.identity)
    return sameVariants(variants, before.variants) ? before : undefined
  }

  async #load(target: Target): Promise<Entry> {
    const opened = await this.#confinement.open(target.names)
    if (typeof opened === 'string') return nothing(target, opened)
    try {
      if (this.#leadsToHidden(opened)) {
        return { kind: 'refused', target, reason: 'a link to a name that starts with a dot' }
      }
      if (opened.stat.isDirectory()) return { kind: 'directory', target, realPath: opened.realPath }
      if (target.directory) return { kind: 'missing', target, reason: 'a file, asked for as a directory' }
      return await this.#loadFile(target, opened)
    } finally {
      closeQuietly(opened)
    }
  }

  async #loadFile(target: Target, opened: Opened): Promise<FileEntry> {
    const { stat } = opened
    const options = this.#options
    const name = target.names.at(-1) ?? ''
    const bytes = stat.size <= options.maxCachedFileSize ? await readWhole(opened) : undefined
    let contentType = mediaTypeOf(name, options.types, options.charset)
    if (contentType === undefined) {
      const sample = bytes ?? (await readStart(opened.fd, 512)) ?? Buffer.alloc(0)
      contentType = mediaTypeOfContent(sample.subarray(0, 512), options.charset)
    }
    const variants = await this.#variantsOf(target, contentType, identityOf(stat))
    return this.#makeFile(target, opened, contentType, bytes, variants)
  }

  /** Coded siblings that are not older than the file itself: an older one is left over from another version. */
  async #variantsOf(target: Target, contentType: string, identity: Identity): Promise<Variant[]> {
    const name = target.names.at(-1)!
    if (!this.#options.precompressed || !isCompressible(contentType)) return []
    if (codings.some(([, extension]) => name.endsWith(extension))) return []
    const found = await Promise.all(
      codings.map(async ([coding, extension]): Promise<Variant | undefined> => {
        const names = [...target.names.slice(0, -1), name + extension]
        const sibling = await this.look({ path: joined(names, false), names, directory: false, hidden: target.hidden })
        if (sibling.kind !== 'file' || sibling.reserved) return undefined
        if (sibling.identity.modified < identity.modified) return undefined
        return { coding, file: codedFile(this.#options, target, sibling, coding, contentType) }
      }),
    )
    return found.filter((variant) => variant !== undefined)
  }

  /** Everything about a file that can be known before a request comes. */
  #makeFile(
    target: Target,
    opened: Opened,
    contentType: string,
    bytes: Buffer | undefined,
    variants: readonly Variant[],
  ): FileEntry {
    const { stat, realPath, realRoot } = opened
    const now = Date.now()
    const etag = entityTag(stat, now)
    // A time in the future would be later than Date (RFC 9110 §8.8.2.1).
    const modified = Math.floor(Math.min(stat.mtimeMs, now) / 1000)
    const cache = this.#options.cacheControl(target.path)
    return {
      kind: 'file',
      target,
      realPath,
      realRoot,
      size: stat.size,
      modified,
      etag,
      contentType,
      mode: stat.mode,
      reserved: this.#isReserved(target, opened),
      identity: identityOf(stat),
      bytes,
      text: bytes !== undefined && bytes.length <= maxTextSize ? bytes.toString('latin1') : undefined,
      plain: undefined,
      variants,
      ...headOf({ size: stat.size, etag, modified, contentType }, cache, variants.length > 0),
    }
  }

  /** A link inside the root may lead to `cgi-bin` as well as the path may. */
  #isReserved(target: Target, place: Place): boolean {
    const { reserves } = this.#options
    const names = namesOf(place)
    return reserves(target.names) || reserves(names.length > 0 ? names : [basename(place.realPath)])
  }

  /** A link inside the root may lead to `.git` as well as the path may. */
  #leadsToHidden(place: Place): boolean {
    if (this.#options.dotfiles) return false
    return namesOf(place).some((name, index) => !this.shows(name, index === 0))
  }
}

/**
 * Whether a place holds what a file was made of. Not only the same content: a folder that was renamed and linked back, or
 * another root, may have made the same file a script's source, hidden, or outside.
 */
function isStill(file: FileEntry, now: Place): boolean {
  return (
    now.realPath === file.realPath &&
    now.realRoot === file.realRoot &&
    sameIdentity(identityOf(now.stat), file.identity)
  )
}

/** The entry for a path of which nothing can be had. */
export function nothing(target: Target, why: Exclude<NoEntry['kind'], 'refused'> | 'left'): NoEntry {
  return why === 'left'
    ? { kind: 'refused', target, reason: 'a link that leaves the root' }
    : { kind: why, target, reason: reasons[why] }
}

const reasons = {
  missing: 'nothing is there',
  unreadable: 'the file may not be read',
  special: 'neither a file nor a directory',
  exhausted: 'the process has no descriptor left',
}

/** A sibling seen as the file itself in a content coding. */
function codedFile(
  options: TreeOptions,
  target: Target,
  sibling: FileEntry,
  coding: ContentCoding,
  contentType: string,
): FileEntry {
  const { size, modified } = sibling
  // Of the same size and time as the plain file it would have its tag, and be taken for it (RFC 9110 §8.8.3.3).
  const etag = sibling.etag.replace(/"$/, `-${coding}"`)
  return {
    ...sibling,
    etag,
    contentType,
    plain: target,
    variants: [],
    ...headOf({ size, etag, modified, contentType }, options.cacheControl(target.path), true, coding),
  }
}

/** The field lines of a whole answer, and those that a 304 shares with it (RFC 9110 §15.4.5). */
function headOf(
  file: Pick<FileEntry, 'size' | 'etag' | 'modified' | 'contentType'>,
  cache: string | undefined,
  vary: boolean,
  coding?: ContentCoding,
): Pick<FileEntry, 'fieldLines' | 'validatorLines'> {
  const validatorLines =
    `ETag: ${file.etag}\r\n` +
    (vary ? 'Vary: Accept-Encoding\r\n' : '') +
    (cache === undefined ? '' : `Cache-Control: ${cache}\r\n`)
  const fieldLines =
    `Content-Type: ${file.contentType}\r\nContent-Length: ${file.size}\r\n` +
    (coding === undefined ? '' : `Content-Encoding: ${coding}\r\n`) +
    validatorLines +
    `Last-Modified: ${new Date(file.modified * 1000).toUTCString()}\r\n` +
    'Accept-Ranges: bytes\r\nX-Content-Type-Options: nosniff\r\n'
  return { fieldLines: new StoredLines(fieldLines), validatorLines: new StoredLines(validatorLines) }
}

function sameVariants(a: readonly Variant[], b: readonly Variant[]): boolean {
  return (
    a.length === b.length &&
    a.every((variant, i) => {
      const other = b[i]!
      return variant.coding === other.coding && sameIdentity(variant.file.identity, other.file.identity)
    })
  )
}

/** A whole small file; `undefined` when it changed while it was read, so that its entity tag would not be its own. */
async function readWhole(opened: Opened): Promise<Buffer | undefined> {
  const bytes = await readStart(opened.fd, opened.stat.size)
  const after = await fstatAsync(opened.fd)
  return sameIdentity(identityOf(after), identityOf(opened.stat)) && bytes.length === after.size ? bytes : undefined
}

/** The first octets of a file, fewer when it ends before. */
async function readStart(fd: number, size: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(size)
  let length = 0
  while (length < size) {
    const { bytesRead } = await readAsync(fd, buffer, length, size - length, length)
    if (bytesRead === 0) break
    length += bytesRead
  }
  return buffer.subarray(0, length)
}
