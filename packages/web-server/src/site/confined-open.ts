/**
 * Opening what is under a root, and nothing else.
 *
 * A path is checked and a descriptor is read, and between the two the tree can change: a directory becomes a link, a
 * link turns round. So the order is the other way about: the file is opened first, and then the *descriptor* is asked
 * where it leads (on Linux `/proc/self/fd/n` names the place of the open file itself). What was checked is what is read,
 * whatever happens to the path meanwhile. Where there is no `/proc`, the path is resolved after the file was opened and
 * must name the same inode inside the root: then the file was inside the root at that moment, which is the same promise.
 *
 * What this can not see is a hard link: it is the file.
 */
import { close, constants, fstat, open, readlink, realpath, type Stats, stat } from 'node:fs'
import { sep } from 'node:path'
import { promisify } from 'node:util'

const openAsync = promisify(open)
const closeAsync = promisify(close)
const fstatAsync = promisify(fstat) as (fd: number) => Promise<Stats>
const statAsync = promisify(stat) as (path: string) => Promise<Stats>
const realpathAsync = promisify(realpath.native) as (path: string) => Promise<string>
const readlinkAsync = promisify(readlink) as (path: string) => Promise<string>

/** Where names under the root lead. */
export interface Place {
  readonly stat: Stats
  /** links resolved */
  readonly realPath: string
  /** where the root was when it was looked for, links resolved: the place is judged by this one, and by no other */
  readonly realRoot: string
}

/** A descriptor that is known to lead to a place under the root. Whoever has it closes it. */
export interface Opened extends Place {
  readonly fd: number
}

/** Why something under the root was not opened. `left`: the path leads out of the root. */
export type NotOpened = 'missing' | 'left' | 'unreadable' | 'special' | 'exhausted'

/** O_NONBLOCK: a FIFO that takes the place of the file between the two looks does not hold the thread that opens it. */
const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0)

/** The directory that a site may not leave. */
export class Confinement {
  /** absolute, as configured */
  readonly root: string
  readonly #follow: boolean

  /**
   * @param root an absolute path; may be a link that is turned to another directory later
   * @param follow whether links may lead out of the root
   */
  constructor(root: string, follow: boolean) {
    this.root = root
    this.#follow = follow
  }

  /** Looks without opening; links are followed, wherever they lead. Good for asking whether a known file is still the same. */
  async look(names: readonly string[]): Promise<Place | NotOpened> {
    try {
      const realRoot = await realpathAsync(this.root)
      const path = pathUnder(realRoot, names)
      const [now, realPath] = await Promise.all([statAsync(path), realpathAsync(path)])
      return { stat: now, realPath, realRoot }
    } catch (error) {
      return reasonOf(error)
    }
  }

  /**
   * Opens a regular file or a directory for reading. Anything else is not even opened: a device can do something when
   * it is.
   */
  async open(names: readonly string[]): Promise<Opened | NotOpened> {
    let fd: number | undefined
    try {
      // The root may be a link that is turned when a release is rolled out. Resolved each time, and before the file is
      // looked for, it is one and the same for both: a file of one release is never judged by the root of another.
      const realRoot = await realpathAsync(this.root)
      const path = pathUnder(realRoot, names)
      const before = await statAsync(path)
      if (!before.isFile() && !before.isDirectory()) return 'special'
      fd = await openAsync(path, flags)
      const now = await fstatAsync(fd)
      if (!now.isFile() && !now.isDirectory()) return 'special'
      const realPath = await this.#placeOf(fd, path, now)
      if (realPath === undefined) return 'missing'
      if (!this.#follow && !isInside(realPath, realRoot)) return 'left'
      const opened = { fd, stat: now, realPath, realRoot }
      fd = undefined
      return opened
    } catch (error) {
      return reasonOf(error)
    } finally {
      if (fd !== undefined) await closeAsync(fd).catch(() => {})
    }
  }

  async #placeOf(fd: number, path: string, now: Stats): Promise<string | undefined> {
    if (hasProc) {
      try {
        return await readlinkAsync(`/proc/self/fd/${fd}`)
      } catch {
        // No /proc in this container: the other way.
      }
    }
    const realPath = await realpathAsync(path)
    const there = await statAsync(realPath)
    return there.ino === now.ino && there.dev === now.dev ? realPath : undefined
  }
}

/** Whether a resolved path is the root or below it; a sibling whose name begins like the root's is not. */
export function isInside(realPath: string, realRoot: string): boolean {
  return realPath === realRoot || realPath.startsWith(realRoot.endsWith(sep) ? realRoot : realRoot + sep)
}

/** The names that lead from the root to a place in it; none for a place outside, reached by a followed link. */
export function namesOf({ realPath, realRoot }: Place): string[] {
  return isInside(realPath, realRoot) ? realPath.slice(realRoot.length).split(sep).filter(Boolean) : []
}

function pathUnder(root: string, names: readonly string[]): string {
  return names.length === 0 ? root : `${root === sep ? '' : root}${sep}${names.join(sep)}`
}

/** A path that reads the directory behind a descriptor itself, where the system has one. */
export function pathOfDescriptor(opened: Opened): string {
  return hasProc ? `/proc/self/fd/${opened.fd}` : opened.realPath
}

/** Closes a descriptor; nothing can be done about an error. */
export function closeQuietly(opened: Opened): void {
  close(opened.fd, () => {})
}

const hasProc = process.platform === 'linux'

/** What an error of the file system says about the path that was asked for. */
export function reasonOf(error: unknown): NotOpened {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EACCES':
    case 'EPERM':
      return 'unreadable'
    case 'EMFILE':
    case 'ENFILE':
    case 'ENOMEM':
      return 'exhausted'
    case 'ENXIO':
    case 'ENODEV':
      return 'special'
    default:
      // ENOENT, ENOTDIR, ENAMETOOLONG, ELOOP, EINVAL: no such name can be there. EIO and the like: nothing to be had.
      return 'missing'
  }
}
