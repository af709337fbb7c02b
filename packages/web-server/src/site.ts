/**
 * Sites: a folder and an ordered list of cases, each of which answers or passes.
 *
 * ```ts
 * serve({ port: 8080, handler: site('./public', [cgiScript(), regularFile(), directoryIndex(), directoryListing()]) })
 * ```
 */
import { realpathSync, statSync } from 'node:fs'
import { isThenable } from './attempt.js'
import type { Handler, ServerRequest, ServerResponse } from './message.js'
import { checkFlag, checkFunction, checkList, checkNumber } from './option-checks.js'
import { type CacheRule, cacheControl } from './site/cache-control.js'
import type { Entry, FileEntry } from './site/entry.js'
import { checkExtension } from './site/name-checks.js'
import { sendNothing } from './site/send-file.js'
import { resolveTarget } from './site/target.js'
import { Tree } from './site/tree.js'
import { type Case, type Passed, type Rounds, Visit } from './site/visit.js'

/** Options of {@link site}. Durations in milliseconds, sizes in octets. */
export interface SiteOptions {
  /** Serve names that start with a dot. Default: `false`: they are not there (`.well-known` at the top always is). */
  readonly dotfiles?: boolean
  /** Follow links that leave the root. Default: `false`: they are not there. Links inside the root always work. */
  readonly followLinks?: boolean
  /** Offer `page.html.br`, `.zst` and `.gz` for `page.html` when they are not older than it. Default: `true`. */
  readonly precompressed?: boolean
  /**
   * `Cache-Control` of files: one value for all, or rules of which the first that matches decides
   * (`[['/assets/**', 'public, max-age=31536000, immutable'], ['**', 'no-cache']]`); `''` for none.
   * Default: `'no-cache'`: a browser asks each time whether its copy is still right, and is told so in one small answer.
   */
  readonly cacheControl?: string | readonly CacheRule[]
  /** Media types by extension, in any case of letters; they go before the built-in table. Default: none. */
  readonly types?: Readonly<Record<string, string>>
  /** Charset named in the type of text files; `''` names none. Default: `'utf-8'`. */
  readonly charset?: string
  /** How long what was found on the disk is believed without another look. 0: look each time. Default: 1,000. */
  readonly revalidate?: number
  /** Small files kept in memory, all together. 0: none. Default: 64 MiB. */
  readonly maxCacheSize?: number
  /** Largest file that is kept in memory; larger ones are read from the disk while they are sent. Default: 256 KiB. */
  readonly maxCachedFileSize?: number
  /** Most paths remembered. Default: 4,096. */
  readonly maxCachedEntries?: number
  /** Called for every request when it is answered: which case answered and why the ones before passed. */
  readonly explain?: (explanation: Explanation) => void
}

/** What happened to one request on its way through the cases. */
export interface Explanation {
  /** the request */
  readonly request: ServerRequest
  /** the decoded path; `undefined` when it was refused before any case */
  readonly path: string | undefined
  /** what is at the path */
  readonly found: Entry['kind'] | undefined
  /** the cases that passed, in order, with their reasons */
  readonly passed: readonly Passed[]
  /** name of the case that answered; `undefined` when none did */
  readonly answered: string | undefined
}

/** How often a local redirect may lead to another one. */
const maxHops = 8

/**
 * Makes a handler that serves a folder.
 *
 * The path of every request is decoded, normalised and confined to the root once, before any case sees it; what is
 * malformed gets 400 there and then. When no case answers, the error page does: 404, or 403 for what may not be read.
 *
 * What is promised about the root: whatever is sent was read from a descriptor that led to a place inside the root
 * when it was opened (see `followLinks`), also while files and links are changed by others. A hard link is the file
 * itself and can not be told apart.
 *
 * @param root the folder; may be a link, also one that is turned while the server runs
 * @param cases asked in this order
 * @throws TypeError when the root is not a folder, a case is none, or an option is no media type, charset or field value
 * @throws RangeError when a limit is out of its range, or a key of `types` can not be the extension of a file
 */
export function site(root: string, cases: readonly Case[], options: SiteOptions = {}): Handler {
  checkRoot(root)
  const list = checkList('cases', cases).map(checkCase)
  const tree = new Tree(root, {
    dotfiles: checkFlag('dotfiles', options.dotfiles ?? false),
    followLinks: checkFlag('followLinks', options.followLinks ?? false),
    precompressed: checkFlag('precompressed', options.precompressed ?? true),
    charset: checkCharset(options.charset ?? 'utf-8'),
    types: checkTypes(options.types ?? {}),
    cacheControl: cacheControl(options.cacheControl ?? 'no-cache'),
    revalidate: checkNumber('revalidate', options.revalidate ?? 1000),
    maxCacheSize: checkNumber('maxCacheSize', options.maxCacheSize ?? 64 * 1024 * 1024),
    maxCachedFileSize: checkNumber('maxCachedFileSize', options.maxCachedFileSize ?? 256 * 1024),
    maxCachedEntries: checkNumber('maxCachedEntries', options.maxCachedEntries ?? 4096),
    reserves: (names) => list.some((one) => one.reserves?.(names)),
  })
  const explain = checkFunction('explain', options.explain)
  const rounds: Rounds = { forward, enter }

  return function answer(request, response) {
    return begin(request, response, request.path, request.query, 0)
  }

  /** From a path, as received or as forwarded to, to its entry. What was lately asked needs no decoding and no disk. */
  function begin(
    request: ServerRequest,
    response: ServerResponse,
    path: string,
    query: string,
    hops: number,
  ): void | Promise<void> {
    // A path with a percent sign is never its own decoded form, so it can not be looked up as it is.
    const known = path.includes('%') ? undefined : tree.known(path)
    if (known !== undefined) return visit(request, response, known, query, hops)
    const target = resolveTarget(path)
    if (typeof target === 'number') {
      explain?.({ request, path: undefined, found: undefined, passed: [], answered: undefined })
      return response.sendError(target)
    }
    const entry = tree.look(target)
    return entry instanceof Promise
      ? entry.then((found) => visit(request, response, found, query, hops))
      : visit(request, response, entry, query, hops)
  }

  /** @param forwarded whether a case has sent the request to this path, as a GET; after the first, paths come from there */
  function visit(
    request: ServerRequest,
    response: ServerResponse,
    entry: Entry,
    query: string,
    hops: number,
    forwarded = hops > 0,
  ): void | Promise<void> {
    const passed = explain === undefined ? undefined : []
    return ask(new Visit(request, response, entry, tree, rounds, passed, query, hops, forwarded), 0)
  }

  /** Asks the cases from `index` on; stays synchronous as long as they do. */
  function ask(visit: Visit, index: number): void | Promise<void> {
    for (let i = index; i < list.length; i++) {
      const one = list[i]!
      // Whatever a test in JavaScript gives is a yes or a no.
      const verdict: unknown = one.test(visit)
      if (isThenable(verdict)) {
        return Promise.resolve(verdict).then((later) => {
          if (later) return act(visit, one)
          notePassed(visit, one)
          return ask(visit, i + 1)
        })
      }
      if (verdict) return act(visit, one)
      notePassed(visit, one)
    }
    note(visit, undefined)
    return giveUp(visit)
  }

  function act(visit: Visit, one: Case): void | Promise<void> {
    note(visit, one.name)
    const result = one.act(visit)
    if (isThenable(result)) return result as Promise<void>
  }

  function notePassed(visit: Visit, one: Case): void {
    if (visit.passed === undefined) return
    visit.passed.push({ case: one.name, reason: visit.takeReason() ?? 'its test said no' })
  }

  function note(visit: Visit, answered: string | undefined): void {
    if (explain === undefined) return
    const { request, path, entry, passed = [] } = visit
    explain({ request, path, found: entry.kind, passed, answered })
  }

  function forward(visit: Visit, path: string, query: string): void | Promise<void> {
    if (visit.hops >= maxHops) return visit.sendError(508)
    return begin(visit.request, visit.response, path, query, visit.hops + 1)
  }

  function enter(before: Visit, file: FileEntry): void | Promise<void> {
    if (before.hops >= maxHops) return before.sendError(508)
    return visit(before.request, before.response, file, before.query, before.hops + 1, before.forwarded)
  }
}

/** No case answered. */
function giveUp({ entry, response }: Visit): void {
  if (entry.kind === 'file' || entry.kind === 'directory') return response.sendError(404)
  sendNothing(response, entry)
}

function checkRoot(root: string): void {
  let reason = 'is not a folder'
  try {
    if (statSync(realpathSync(root)).isDirectory()) return
  } catch (error) {
    reason = (error as Error).message
  }
  throw new TypeError(`The root of a site must be a folder: ${root} ${reason}`)
}

/** The functions that make cases are easily taken for cases. */
function checkCase(one: Case): Case {
  if (typeof one?.test === 'function' && typeof one.act === 'function') return one
  const what = typeof one === 'function' ? `the function ${(one as { name: string }).name}; call it` : typeof one
  throw new TypeError(`A case of a site has a test and an act, unlike ${what}`)
}

/** By extension as files are looked up: without the dot, lower case. */
function checkTypes(types: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const checked = Object.entries(types).map(([extension, type]) => {
    if (!/^[\x21-\x7e]+\/[\x20-\x7e]+$/.test(type))
      throw new TypeError(`types.${extension} is not a media type: ${type}`)
    return [checkExtension('types', extension), type] as const
  })
  return Object.fromEntries(checked)
}

function checkCharset(charset: string): string {
  if (!/^[\w!#$%&'*+.^`|~-]*$/.test(charset)) throw new TypeError(`charset is not a token: ${charset}`)
  return charset
}

export type { ContentCoding } from './accept.js'
export { type BasicAuthOptions, basicAuth } from './site/basic-auth.js'
export type { CacheRule } from './site/cache-control.js'
export { type CgiOptions, cgiScript } from './site/cgi-script.js'
export { type CorsOptions, cors } from './site/cors.js'
export { type DirectoryListingOptions, directoryListing } from './site/directory-listing.js'
export type { DirectoryEntry, Entry, FileEntry, Identity, NoEntry, Variant } from './site/entry.js'
export {
  type DirectoryIndexOptions,
  directoryIndex,
  type RegularFileOptions,
  regularFile,
  type SinglePageAppOptions,
  singlePageApp,
} from './site/files.js'
export type { Target } from './site/target.js'
export { type Case, type Passed, Visit } from './site/visit.js'
export type { StoredLines } from './stored-lines.js'
