/** What can be at a path of a site, as it was found when it was last looked at. */
import type { Stats } from 'node:fs'
import type { ContentCoding } from '../accept.js'
import type { StoredLines } from '../stored-lines.js'
import type { Validators } from './conditional.js'
import type { Target } from './target.js'

/** What is at a path. */
export type Entry = FileEntry | DirectoryEntry | NoEntry

/** A directory of the site. */
export interface DirectoryEntry {
  /** tells the kinds of entries apart */
  readonly kind: 'directory'
  /** the path it was found at */
  readonly target: Target
  /** its place on the disk, links resolved */
  readonly realPath: string
}

/**
 * Nothing that could be served: `missing` is not there, `refused` may not be known to be there (a dotfile, a link that
 * leaves the root), `unreadable` is there but not for us, `special` is a device, a FIFO or a socket, `exhausted` means
 * that the process is out of descriptors.
 */
export interface NoEntry {
  /** tells the kinds of entries apart */
  readonly kind: 'missing' | 'refused' | 'unreadable' | 'special' | 'exhausted'
  /** the path that was looked at */
  readonly target: Target
  /** why, in a few words; for the log and for `explain`, not for clients */
  readonly reason: string
}

/** A regular file of the site. Never changes: a file that changed on the disk becomes a new entry. */
export interface FileEntry extends Validators {
  /** tells the kinds of entries apart */
  readonly kind: 'file'
  /** the path it was found at */
  readonly target: Target
  /** its place on the disk, links resolved */
  readonly realPath: string
  /** where the root of the site was when it was found, links resolved */
  readonly realRoot: string
  /** size in octets */
  readonly size: number
  /** time of the last change in whole seconds since 1970 */
  readonly modified: number
  /** entity tag with its quotes */
  readonly etag: string
  /** media type with its charset, as sent in `Content-Type` */
  readonly contentType: string
  /** the permission bits of the file */
  readonly mode: number
  /** whether a case keeps it for itself, as `cgiScript` does with scripts; then it is never sent as a file */
  readonly reserved: boolean
  /** how the file tells that it is still the same */
  readonly identity: Identity
  /** the whole file, when it is small */
  readonly bytes: Buffer | undefined
  /** the same as latin1 text when it is so small that it leaves together with the head as one string */
  readonly text: string | undefined
  /** of a coded variant (`page.html.br`): the path of the file that it is a coding of; `undefined` for any other file */
  readonly plain: Target | undefined
  /** the file under other codings, ready on the disk (`page.html.br`), in the server's order of preference */
  readonly variants: readonly Variant[]
  /** the field lines of a whole answer (status 200) */
  readonly fieldLines: StoredLines
  /** the field lines of a 304 */
  readonly validatorLines: StoredLines
}

/** The same content in a content coding. */
export interface Variant {
  /** as in `Content-Encoding` */
  readonly coding: ContentCoding
  /** the coded file, with the media type of the plain one */
  readonly file: FileEntry
}

/** Facts of `stat` that differ when the content does. */
export interface Identity {
  /** number of the device */
  readonly device: number
  /** number of the file on it */
  readonly inode: number
  /** octets */
  readonly size: number
  /** last change of the content, milliseconds since 1970 */
  readonly modified: number
  /** last change of the content or of what is known about it, milliseconds since 1970 */
  readonly changed: number
}

/** The identity in a `stat`. */
export function identityOf(stat: Stats): Identity {
  return { device: stat.dev, inode: stat.ino, size: stat.size, modified: stat.mtimeMs, changed: stat.ctimeMs }
}

/** Whether two looks saw the same content. */
export function sameIdentity(a: Identity, b: Identity): boolean {
  return (
    a.inode === b.inode &&
    a.modified === b.modified &&
    a.size === b.size &&
    a.changed === b.changed &&
    a.device === b.device
  )
}

/**
 * The entity tag of a file: its size and its modification time in microseconds. It is strong, unless the file was
 * changed so lately that it could change again under the same time (kernels count in steps of up to 10 ms).
 *
 * @param now milliseconds since 1970
 * @see RFC 9110 §8.8.1, §8.8.3
 */
export function entityTag(stat: Stats, now: number): string {
  const tag = `"${stat.size.toString(36)}-${Math.round(stat.mtimeMs * 1000).toString(36)}"`
  return now - stat.mtimeMs < 100 ? `W/${tag}` : tag
}
