/** The cases that answer with what is on the disk: a file, a directory's index page, an application's only page. */
import { preferredType } from '../accept.js'
import { checkList } from '../option-checks.js'
import { addVary } from '../response.js'
import type { Entry, FileEntry, NoEntry } from './entry.js'
import { checkEnding, checkName, checkPath } from './name-checks.js'
import type { Case, Visit } from './visit.js'

/** Options of {@link regularFile}. */
export interface RegularFileOptions {
  /**
   * Extensions, with their dot or without, that a path may leave out: with `['html']`, `/about` is `about.html` when
   * there is no `about`. Default: none.
   */
  readonly extensions?: readonly string[]
}

/**
 * A file answers with itself: media type, entity tag, conditions, ranges, coded variants.
 *
 * Also what is there and may not be read answers here, with 403.
 *
 * @throws TypeError for extensions that are no list of strings
 * @throws RangeError for extensions that no name can have
 */
export function regularFile(options: RegularFileOptions = {}): Case {
  const extensions = checkList('extensions', options.extensions ?? []).map((one) => checkEnding('extensions', one))
  return {
    name: 'regular file',
    test(visit) {
      const { entry } = visit
      if (entry.kind === 'file' || entry.kind === 'unreadable' || entry.kind === 'special') return true
      if (entry.kind !== 'missing' || extensions.length === 0 || entry.target.directory) {
        return visit.pass(entry.kind === 'directory' ? 'a directory' : entry.reason)
      }
      return firstFile(visit, visit.names.slice(0, -1), candidates(visit.names.at(-1)!, extensions))
    },
    act(visit) {
      const found = visit.found ?? visit.entry
      if (found.kind !== 'directory') return sendFound(visit, found)
    },
  }
}

function candidates(name: string, extensions: readonly string[]): string[] {
  return extensions.map((extension) => `${name}.${extension}`)
}

/** Options of {@link directoryIndex}. */
export interface DirectoryIndexOptions {
  /** File names in order of preference. Default: `['index.html', 'index.htm']`. */
  readonly names?: readonly string[]
}

/**
 * A directory with an index page answers with that page; without a slash at its end it answers with the way there. An
 * index page that is a script is run, one that may not be read is 403.
 *
 * @throws TypeError for names that are no list of strings
 * @throws RangeError for names that are no names
 */
export function directoryIndex(options: DirectoryIndexOptions = {}): Case {
  const { names = ['index.html', 'index.htm'] } = options
  for (const name of checkList('names', names)) checkName('names', name)
  return {
    name: 'directory index',
    test(visit) {
      if (visit.entry.kind !== 'directory') return visit.pass('not a directory')
      return firstFile(visit, visit.names, names)
    },
    act(visit) {
      const { entry, method } = visit
      const found = visit.found!
      const safe = method === 'GET' || method === 'HEAD'
      // A script knows itself which methods it has.
      if (!safe && !(found.kind === 'file' && found.reserved)) return visit.refuseMethod()
      if (!entry.target.directory) return visit.redirect(`${visit.path}/`, safe ? 301 : 308)
      return sendFound(visit, found)
    },
  }
}

/** Options of {@link singlePageApp}. */
export interface SinglePageAppOptions {
  /** The page, as names under the root joined by slashes. Default: `'index.html'`. */
  readonly page?: string
}

/**
 * A path where nothing is answers with the application's page, status 200, when a page is what is asked for: the client
 * names `text/html` in `Accept`, as browsers do when they navigate. A missing script or image stays missing. Dots in the
 * path mean nothing: `/user/john.doe` is a route like any other.
 *
 * @throws RangeError for a page that is no path under the root
 */
export function singlePageApp(options: SinglePageAppOptions = {}): Case {
  const names = checkPath('page', options.page ?? 'index.html')
  if (names.length === 0) throw new RangeError('page must name a file')
  return {
    name: 'single-page app',
    test(visit) {
      const { entry, method, request } = visit
      if (entry.kind !== 'missing') return visit.pass('something is there')
      if (method !== 'GET' && method !== 'HEAD') return visit.pass('neither GET nor HEAD')
      const accept = request.fields.get('accept')
      if (!accept?.toLowerCase().includes('text/html') || preferredType(accept, ['text/html']) === undefined) {
        return visit.pass('the client does not ask for a page')
      }
      return firstFile(visit, names.slice(0, -1), names.slice(-1))
    },
    act(visit) {
      addVary(visit.response, 'Accept')
      return sendFound(visit, visit.found!)
    },
  }
}

/**
 * The first of several files in a directory of the site; synchronous as far as what is there is known. One that is there
 * and can not be had is found too: what comes after it would be an answer to another question.
 */
function firstFile(
  visit: Visit,
  directory: readonly string[],
  names: readonly string[],
  from = 0,
): boolean | Promise<boolean> {
  for (let i = from; i < names.length; i++) {
    const entry = visit.look([...directory, names[i]!])
    if (entry instanceof Promise) {
      return entry.then((later) => isThere(later) || firstFile(visit, directory, names, i + 1))
    }
    if (isThere(entry)) return true
  }
  return visit.pass(`no ${names.join(', no ')}`)

  function isThere(entry: Entry): boolean {
    if (entry.kind === 'directory' || entry.kind === 'missing' || entry.kind === 'refused') return false
    visit.found = entry
    return true
  }
}

function sendFound(visit: Visit, found: FileEntry | NoEntry): void | Promise<void> {
  return found.kind === 'file' ? visit.sendFile(found) : visit.sendNothing(found)
}
