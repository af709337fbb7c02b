import type { ServerRequest, ServerResponse } from '../message.js'
import type { Entry, FileEntry, NoEntry } from './entry.js'
import { refuseMethod, sendFile, sendNothing } from './send-file.js'
import { encodePath, isName, joined, type Target } from './target.js'
import type { Tree } from './tree.js'

/**
 * One way to answer: a *case*, as the chapter "A Simple Web Server" has it, with its test and its act.
 *
 * A site asks its cases in order; the first whose test says yes acts, and that is the answer.
 *
 * @example
 * const health: Case = {
 *   name: 'health',
 *   test: (visit) => visit.path === '/health',
 *   act: (visit) => visit.response.end('alive\n'),
 * }
 */
export interface Case {
  /** a word for logs and `explain` */
  readonly name: string
  /**
   * Whether this case answers. May look at anything and set fields; must not begin the answer.
   * `visit.pass(reason)` is `false` with a reason that `explain` shows.
   */
  test(visit: Visit): boolean | Promise<boolean>
  /** Answers, through `visit.response`. A promise is awaited; a throw becomes the error page. */
  act(visit: Visit): unknown
  /**
   * Whether a file of these names is for this case alone, as a script is for `cgiScript`: then no case of the site sends
   * it as a file. Asked once for the names of a file's path and once for those of its place under the root, links
   * resolved (for a place outside, only the last name). Must not change its mind. Without it nothing is reserved.
   */
  reserves?(names: readonly string[]): boolean
}

/** Why a case did not answer. */
export interface Passed {
  /** its name */
  readonly case: string
  /** in a few words */
  readonly reason: string
}

/** How the site of a visit begins again with the first case. @internal */
export interface Rounds {
  /** with another path, not decoded, as a GET */
  forward(visit: Visit, path: string, query: string): void | Promise<void>
  /** with a file from elsewhere in the site, and the request as it is */
  enter(visit: Visit, file: FileEntry): void | Promise<void>
}

/**
 * One request on its way through the cases of a site.
 *
 * The path was decoded, normalised and confined before; nothing a case does with it can leave the root.
 */
export class Visit {
  /** the request */
  readonly request: ServerRequest
  /** the answer to be */
  readonly response: ServerResponse
  /** what is at the path, as found when the visit began */
  readonly entry: Entry
  /** which cases passed and why; filled only for `explain` */
  readonly passed: Passed[] | undefined
  /** how often a case has sent this request on to another path */
  readonly hops: number
  /** whether it was sent on by {@link Visit.forward}, and so is a GET (or HEAD) without content now */
  readonly forwarded: boolean
  /** the query without its question mark, not decoded; a local redirect brings its own */
  readonly query: string
  /** @internal the site's files */
  readonly tree: Tree
  /** what a case's test found, for its act: a file, or why it can not be had; of no interest to other cases */
  found: FileEntry | NoEntry | undefined
  /** who came in by name and password; set by `basicAuth` */
  user: string | undefined
  readonly #rounds: Rounds
  #reason: string | undefined

  /** @internal */
  constructor(
    request: ServerRequest,
    response: ServerResponse,
    entry: Entry,
    tree: Tree,
    rounds: Rounds,
    passed: Passed[] | undefined,
    query: string,
    hops: number,
    forwarded: boolean,
  ) {
    this.request = request
    this.response = response
    this.entry = entry
    this.tree = tree
    this.#rounds = rounds
    this.passed = passed
    this.query = query
    this.hops = hops
    this.forwarded = forwarded
    this.found = undefined
    this.user = undefined
    this.#reason = undefined
  }

  /** The method, as it is for the cases: that of the request, but GET (or HEAD) for a path it was forwarded to. */
  get method(): string {
    const { method } = this.request
    return this.forwarded && method !== 'HEAD' ? 'GET' : method
  }

  /** The decoded, normalised path; ends with a slash when the request did. */
  get path(): string {
    return this.entry.target.path
  }

  /** The names between the slashes of {@link Visit.path}. */
  get names(): readonly string[] {
    return this.entry.target.names
  }

  /** Says no, with a reason: `test: (visit) => visit.entry.kind === 'file' || visit.pass('not a file')`. */
  pass(reason: string): false {
    this.#reason = reason
    return false
  }

  /** @internal The reason of the last `pass`, once. */
  takeReason(): string | undefined {
    const reason = this.#reason
    this.#reason = undefined
    return reason
  }

  /**
   * What is at another path of the site, under the same checks. Synchronous when it is known.
   *
   * @param names decoded names, as in {@link Visit.names}; none may contain a slash or be a dot segment
   * @throws RangeError for names that are no names
   */
  look(names: readonly string[]): Entry | Promise<Entry> {
    return this.tree.look(targetOf(names))
  }

  /**
   * Answers with a file: negotiated, conditional, in ranges, as the request asks.
   *
   * A file that is {@link FileEntry.reserved} is not sent. When it was found elsewhere (an index page that is a script),
   * the cases are asked again, from the first, about that file; when it is what they are asked about, the answer is 403.
   *
   * @param status what a whole answer has, 200 by default; a script that is run has a status of its own
   */
  sendFile(file: FileEntry, status?: number): void | Promise<void> {
    if (file.reserved && file.target.path !== this.path) return this.#rounds.enter(this, file)
    return sendFile(this, file, status)
  }

  /** Answers with the error page that says why there is nothing. */
  sendNothing(entry: NoEntry): void {
    sendNothing(this.response, entry)
  }

  /** Answers with the error page. */
  sendError(status: number, detail?: string): void {
    this.response.sendError(status, detail)
  }

  /** Answers a method other than GET and HEAD: 405 with `Allow`, 501, or 204 to OPTIONS. */
  refuseMethod(): void {
    refuseMethod(this.method, this.response)
  }

  /**
   * Sends the client to another path of the same site, with the query it came with. Never to another host.
   *
   * @param path decoded path, begins with a slash
   * @param status 301 by default
   */
  redirect(path: string, status = 301): void {
    const { query, response } = this
    response.status = status
    response.setField('Location', encodePath(path) + (query === '' ? '' : `?${query}`))
    // Without this a browser would remember it for ever, also when the directory has become a file.
    response.setField('Cache-Control', 'no-cache')
    // Also to HEAD, to which the engine would not add it.
    response.setField('Content-Length', 0)
    response.end()
  }

  /**
   * Answers with another path of the site, as if the request had been for it (as a GET, when it was not a HEAD).
   *
   * @param path a path as in a request-target, not decoded
   */
  forward(path: string, query = ''): void | Promise<void> {
    return this.#rounds.forward(this, path, query)
  }
}

/** A target for names that do not come from a request; no names are the root, which is a directory. */
export function targetOf(names: readonly string[]): Target {
  const directory = names.length === 0
  let hidden = false
  names.forEach((name, index) => {
    if (!isName(name)) throw new RangeError(`${JSON.stringify(name)} is not a name`)
    if (name.startsWith('.') && !(index === 0 && name === '.well-known')) hidden = true
  })
  return { path: joined(names, directory), names, directory, hidden }
}
