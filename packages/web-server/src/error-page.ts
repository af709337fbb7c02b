/** The one error page: what a browser shows, and the same as JSON for programs. Pure; sending it is the engine's. */
import { escapeHtml, pageEnd, pagePolicy, pageStart } from './page.js'

/** What an error page says. Nothing here needs to be escaped by the caller. */
export interface ErrorReport {
  /** status code, 400 to 599 */
  readonly status: number
  /** reason phrase, such as `Not Found` */
  readonly reason: string
  /** what the person can do about it; without one the page has a sentence of its own for the usual codes */
  readonly detail?: string | undefined
  /** the path that was asked for, as received; shown, never linked */
  readonly path?: string | undefined
}

const sentences: Record<number, string> = {
  400: 'The request could not be understood.',
  401: 'This page asks for a name and a password.',
  403: 'This page is here, but it may not be read.',
  404: 'There is nothing at this address.',
  405: 'This page cannot be asked in that way.',
  406: 'There is no version of this page that the browser accepts.',
  408: 'The request did not arrive in time.',
  410: 'This page is gone, for good.',
  413: 'What was sent is too large.',
  414: 'The address is too long.',
  416: 'The file does not have the part that was asked for.',
  417: 'The request expects something this server does not do.',
  429: 'Too many requests in a short time. Please wait a little.',
  431: 'The request has too many or too large header fields.',
  500: 'Something went wrong on the server. It has been noted.',
  501: 'This server does not know that method.',
  502: 'The program behind this page gave an answer that makes no sense.',
  503: 'The server is busy. Please try again in a moment.',
  504: 'The program behind this page did not answer in time.',
  505: 'This server speaks HTTP/1.1 only.',
  508: 'The program behind this page sends the request round in circles.',
}

/** The sentence under the status: the given detail, unless it says nothing, or one for the code. */
function sentence(report: ErrorReport): string {
  return (
    report.detail || sentences[report.status] || (report.status < 500 ? 'The request failed.' : 'The server failed.')
  )
}

/** The fields that the HTML document is sent with. */
export const errorPageFields = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': pagePolicy,
  'X-Content-Type-Options': 'nosniff',
} as const

/** The same as lines. */
export const errorPageLines = Object.entries(errorPageFields)
  .map(([name, value]) => `${name}: ${value}\r\n`)
  .join('')

/** The error page as a whole HTML document (UTF-8), to be sent with {@link errorPageFields}. */
export function errorPage(report: ErrorReport): string {
  const path = report.path === undefined ? '' : `<p class="path"><code>${escapeHtml(clip(report.path))}</code></p>\n`
  return `${pageStart(`${report.status} ${report.reason}`, 'narrow')}<div class="error">
<b>${report.status}</b>
<h1>${escapeHtml(report.reason)}</h1>
<p>${escapeHtml(sentence(report))}</p>
${path}<p class="way"><a href="/">Go to the start page</a></p>
</div>
${pageEnd()}`
}

/** The error page for programs: `{"status":404,"error":"Not Found","detail":"…","path":"…"}` and a line feed. */
export function errorJson(report: ErrorReport): string {
  const body = {
    status: report.status,
    error: report.reason,
    detail: sentence(report),
    ...(report.path === undefined ? {} : { path: report.path }),
  }
  return `${JSON.stringify(body)}\n`
}

/** A path can be 8 KiB long: a page shows its beginning. */
function clip(path: string): string {
  return path.length > 300 ? `${path.slice(0, 300)}…` : path
}
