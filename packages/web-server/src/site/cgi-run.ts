/**
 * One request to a script, from its start to the last octet of its answer. Between the two ends, back-pressure both ways:
 * the client is read no faster than the script reads, the script no faster than the client.
 */
import { dirname } from 'node:path'
import type { Writable } from 'node:stream'
import { setTimeout as after } from 'node:timers/promises'
import { statusOf } from '../errors.js'
import type { ServerRequest, ServerResponse } from '../message.js'
import { cgiEnvironment } from './cgi-environment.js'
import { CgiProcess } from './cgi-process.js'
import { type CgiDocument, CgiHeadParser, type CgiLocalRedirect, CgiResponseError } from './cgi-response.js'
import type { FileEntry } from './entry.js'
import { joined } from './target.js'
import type { Visit } from './visit.js'

/** A script and what follows its name in the path. */
export interface Script {
  readonly file: FileEntry
  readonly pathInfo: string
}

/** What a script reads. */
export interface CgiInput {
  /** octets in all */
  readonly length: number
  /** what has arrived, and what is still to come */
  readonly pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>
}

/** What is to be run for whom, and how long and how much it may. */
export interface CgiRun {
  readonly visit: Visit
  readonly script: Script
  /** what the script is to read, as {@link takeInput} gave it; `undefined` is nothing */
  readonly input: CgiInput | undefined
  readonly command: readonly [string, ...string[]]
  readonly env: Readonly<Record<string, string>>
  /** milliseconds, 0: as long as it takes */
  readonly timeout: number
  /** octets, 0: as much as it likes */
  readonly maxOutputSize: number
  /** octets, 0: as much as it likes */
  readonly maxHeadSize: number
  /** a line for the log */
  readonly note: (line: string) => void
}

/** Octets of content that have arrived before it is a script's turn: most forms are whole then. */
const awaitedSize = 64 * 1024

/** A peer that sends single octets does not pay for the objects they become: as many as this are made one. */
const maxPieces = 64

/**
 * The input of a script, as soon as all of it has arrived, or {@link awaitedSize} octets: who sends little, or nothing,
 * of what was announced has no script waiting for it. What comes after them is passed on as it comes.
 *
 * A script is told its length, so content without one is collected whole, up to the server's `maxContentSize`.
 *
 * @throws what `request.bytes` throws
 */
export async function takeInput({ request, forwarded }: Visit): Promise<CgiInput | undefined> {
  if (!request.hasContent || forwarded) return undefined
  const { contentLength } = request
  if (contentLength === undefined) {
    const content = await request.bytes()
    return { length: content.length, pieces: [content] }
  }
  const rest = request.content[Symbol.asyncIterator]()
  let arrived: Uint8Array[] = []
  for (let size = 0; size < Math.min(contentLength, awaitedSize); ) {
    const { value, done } = await rest.next()
    if (done) break
    if (arrived.length === maxPieces) arrived = [Buffer.concat(arrived)]
    arrived.push(value)
    size += value.length
  }
  return { length: contentLength, pieces: inOrder(arrived, rest) }
}

async function* inOrder(arrived: readonly Uint8Array[], rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* arrived
  yield* { [Symbol.asyncIterator]: () => rest }
}

/** Starts a script, or answers with why it can not be started. */
export async function startScript(run: CgiRun): Promise<CgiProcess | undefined> {
  const { visit, script, input, note } = run
  const { request, response } = visit
  const environment = cgiEnvironment(
    {
      method: visit.method,
      target: request.target,
      query: visit.query,
      authority: request.authority,
      versionMinor: request.versionMinor,
      secure: request.secure,
      remote: request.remote,
      local: request.local,
      fields: visit.forwarded ? withoutContentFields(request.fields) : request.fields,
      contentLength: input?.length,
      user: visit.user,
      scriptName: joined(script.file.target.names, false),
      scriptFile: script.file.realPath,
      pathInfo: script.pathInfo,
      root: visit.tree.root,
    },
    run.env,
  )
  try {
    return await CgiProcess.start({
      command: run.command,
      cwd: dirname(script.file.realPath),
      env: environment,
      input: input !== undefined,
      log: note,
    })
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    note(`could not be started: ${message}`)
    const busy = /^(?:EAGAIN|EMFILE|ENFILE|ENOMEM)$/.test(code)
    if (busy) response.setField('Retry-After', '1')
    response.sendError(busy ? 503 : 500)
    return undefined
  }
}

/** A request that was forwarded has no content any more: what its fields say of it would be about nothing. */
function withoutContentFields(fields: ServerRequest['fields']): [name: string, value: string][] {
  return [...fields].filter(([name]) => !/^content-/i.test(name))
}

/** From the script's output to the client, under the limits. */
export async function serveScript(run: CgiRun, running: CgiProcess): Promise<void> {
  const { visit, input, timeout, maxOutputSize, note } = run
  const { response } = visit
  let failure = 0
  let reason = ''
  const fail = (status: number, why: string) => {
    if (failure !== 0) return
    failure = status
    reason = why
    note(why)
    running.end()
  }
  const timer = timeout > 0 ? setTimeout(() => fail(504, `took longer than ${timeout} ms`), timeout) : undefined
  void running.ended.then(() => clearTimeout(timer))
  // Also when the script is silent, it ends as soon as nobody listens.
  response.onFinish(() => {
    if (response.aborted) running.end()
  })
  // Content that stops coming must not look like its end to the script.
  if (input !== undefined) {
    void feed(running, input).catch((error: unknown) => {
      // What nobody needed for the answer is no loss.
      if (response.finished) running.stdin?.destroy()
      else fail(statusOf(error), `its input ended early: ${String(error)}`)
    })
  }

  const parser = new CgiHeadParser(run.maxHeadSize)
  let document: CgiDocument | undefined
  let redirect: CgiLocalRedirect | undefined
  let whole = false
  let size = 0
  try {
    for await (const chunk of running.stdout as AsyncIterable<Buffer>) {
      size += chunk.length
      if (maxOutputSize > 0 && size > maxOutputSize) {
        fail(502, `wrote more than ${maxOutputSize} octets`)
        break
      }
      let body = chunk
      if (document === undefined) {
        const parsed = parser.push(chunk)
        if (parsed === undefined) continue
        if (parsed.head.kind === 'local redirect') {
          redirect = parsed.head
          break
        }
        document = parsed.head
        begin(response, document)
        body = parsed.rest
      }
      // A script may go on when its answer is whole; what it writes then is nobody's.
      if (whole) continue
      if (response.finished) break
      if (body.length > 0 && !isWhole(response, document) && !(await pass(response, document, body))) break
      whole = isWhole(response, document)
      if (whole) response.end()
    }
  } catch (error) {
    // When the script was told to end, its output was destroyed, which ends the loop with an error that is no news.
    if (error instanceof CgiResponseError) fail(502, error.message)
    else if (failure === 0 && !response.finished) fail(502, String(error))
  }
  if (whole) return
  if (response.finished) return running.end()
  if (failure !== 0) return response.headSent ? cutOff(response, reason) : visit.sendError(failure)
  if (redirect !== undefined) {
    // All that it had to say. What comes now may be a script again, and has no need of a second place.
    running.end()
    await running.ended
    return response.finished ? undefined : visit.forward(redirect.path, redirect.query)
  }
  if (document === undefined) {
    const { code, signal } = await running.ended
    note(`ended ${signal === null ? `with code ${code}` : `by ${signal}`} before its head was complete`)
    return visit.sendError(failure || 502)
  }
  return complete(response, document, running, note)
}

/** Passes a piece on, no faster than the client takes it; false when the answer is over. */
async function pass(response: ServerResponse, document: CgiDocument, piece: Buffer): Promise<boolean> {
  // More than the script promised is not for this answer.
  const left = document.contentLength === undefined ? piece.length : document.contentLength - response.contentSize
  response.write(left < piece.length ? piece.subarray(0, left) : piece)
  try {
    await response.drained()
  } catch {
    return false
  }
  return !response.finished
}

/** Whether nothing can be missing in an answer: it has no content, or all that was promised. */
function isWhole(response: ServerResponse, { contentLength }: CgiDocument): boolean {
  return !response.hasContent || (contentLength !== undefined && response.contentSize >= contentLength)
}

/** Fields whose lines are about different things, so that those of a script and of the cases before it go together. */
const additive = /^(?:link|set-cookie|vary|www-authenticate)$/i

/** Status and fields. What a script says takes the place of what a case has set before, a cross-origin rule perhaps. */
function begin(response: ServerResponse, document: CgiDocument): void {
  response.status = document.status
  response.reason = document.reason
  const own = new Set<string>()
  for (const [name, value] of document.fields) {
    if (own.has(name.toLowerCase()) || additive.test(name)) response.appendField(name, value)
    else response.setField(name, value)
    own.add(name.toLowerCase())
  }
  if (document.contentLength !== undefined && document.status !== 204) {
    response.setField('Content-Length', document.contentLength)
  }
}

/** The script has closed its output: was that all? */
async function complete(
  response: ServerResponse,
  document: CgiDocument,
  running: CgiProcess,
  note: (line: string) => void,
): Promise<void> {
  const missing = document.contentLength === undefined ? 0 : document.contentLength - response.contentSize
  if (response.hasContent && missing > 0) {
    const why = `promised ${document.contentLength} octets, and ${missing} are missing`
    note(why)
    return cutOff(response, why)
  }
  // A script that was killed in the middle of its output must not look as if it had come to its end. One that only
  // closed its output and works on does not keep its client waiting.
  const end = await Promise.race([running.ended, after(100, undefined, { ref: false })])
  if (end !== undefined && end.signal !== null && document.contentLength === undefined) {
    note(`ended by ${end.signal}`)
    return cutOff(response, `ended by ${end.signal}`)
  }
  response.end()
}

/** @param why as it is noted; an access log has it, too */
function cutOff(response: ServerResponse, why: string): void {
  response.abort(new Error(`The script ${why}`))
}

/** Content to standard input, no faster than the script reads; a script that does not read is left alone. */
async function feed(running: CgiProcess, { pieces }: CgiInput): Promise<void> {
  const { stdin } = running
  if (stdin === undefined) return
  for await (const piece of pieces) {
    if (stdin.destroyed) return
    if (!stdin.write(piece)) await room(stdin)
  }
  stdin.end()
}

/** Resolves when there is room again, or never will be. */
function room(stdin: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stdin.off('drain', done)
      stdin.off('close', done)
      resolve()
    }
    stdin.on('drain', done)
    stdin.on('close', done)
    if (stdin.destroyed) done()
  })
}
