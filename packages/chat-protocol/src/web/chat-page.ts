import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { brotliCompressSync } from 'node:zlib'
import type { Case, Visit } from '@plainwire/web-server/site'

/**
 * What the page may do: run its own script and style, and talk to its own server. Nothing a message holds could load or
 * run anything even if it became markup, which it does not.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const FILES: Readonly<Record<string, readonly [name: string, type: string]>> = {
  '': ['index.html', 'text/html; charset=utf-8'],
  'app.js': ['app.js', 'text/javascript; charset=utf-8'],
  'style.css': ['style.css', 'text/css; charset=utf-8'],
  'icon.svg': ['icon.svg', 'image/svg+xml'],
}

interface Asset {
  readonly type: string
  readonly content: Buffer
  readonly compressed: Buffer
  readonly tag: string
}

/**
 * A case that serves the browser page of the chat: four files that are kept in memory, compressed once, and validated by
 * entity tag. The page opens its WebSocket at `socket` beside it: give `chatSocket` the same path with `socket` behind it.
 *
 * @param path where the page is, with a slash at its end (one is added); `/` for the whole site's root
 * @param folder where the built page lies; the package's own by default
 */
export function chatPage(path = '/', folder: URL = new URL('./page/', import.meta.url)): Case {
  const base = path.endsWith('/') ? path : `${path}/`
  const assets = new Map<string, Asset>()
  const assetOf = (visit: Visit): string | undefined => {
    const name = visit.path.startsWith(base) ? visit.path.slice(base.length) : undefined
    return name !== undefined && Object.hasOwn(FILES, name) ? name : undefined
  }
  return {
    name: 'chat page',
    test: (visit) => assetOf(visit) !== undefined || `${visit.path}/` === base || visit.pass(`not below ${base}`),
    act(visit) {
      const { request, response } = visit
      if (request.method !== 'GET' && request.method !== 'HEAD') return visit.refuseMethod()
      const name = assetOf(visit)
      if (name === undefined) return visit.redirect(base)
      let asset = assets.get(name)
      if (asset === undefined) {
        asset = load(folder, name)
        assets.set(name, asset)
      }
      response.setField('Content-Security-Policy', POLICY)
      response.setField('X-Content-Type-Options', 'nosniff')
      response.setField('Referrer-Policy', 'no-referrer')
      response.setField('Cache-Control', 'no-cache')
      response.setField('Vary', 'Accept-Encoding')
      response.setField('ETag', asset.tag)
      if (isListed(request.fields.get('if-none-match'), asset.tag)) {
        response.status = 304
        response.end()
        return
      }
      response.setField('Content-Type', asset.type)
      const compressed = takesBrotli(request.fields.get('accept-encoding'))
      if (compressed) response.setField('Content-Encoding', 'br')
      response.end(compressed ? asset.compressed : asset.content)
    },
  }
}

function load(folder: URL, name: string): Asset {
  const [file, type] = FILES[name]!
  const content = readFileSync(new URL(file, folder))
  // Weak, because the compressed and the plain form share it (RFC 9110 §8.8.3).
  const tag = `W/"${createHash('sha256').update(content).digest('base64url').slice(0, 16)}"`
  return { type, content, compressed: brotliCompressSync(content), tag }
}

/** Whether If-None-Match names the tag, compared weakly (RFC 9110 §13.1.2). */
function isListed(condition: string | undefined, tag: string): boolean {
  if (condition === undefined) return false
  if (condition.trim() === '*') return true
  return condition.split(',').some((candidate) => candidate.trim().replace(/^W\//, '') === tag.slice(2))
}

/** Whether Accept-Encoding takes `br`: named with a weight above 0, or `*` when it is not named (RFC 9110 §12.5.3). */
function takesBrotli(field: string | undefined): boolean {
  let wildcard = false
  for (const member of (field ?? '').toLowerCase().split(',')) {
    const [coding, ...parameters] = member.split(';').map((part) => part.trim())
    const weight = parameters.find((parameter) => parameter.startsWith('q='))
    const taken = weight === undefined || Number(weight.slice(2)) > 0
    if (coding === 'br') return taken
    if (coding === '*') wildcard = taken
  }
  return wildcard
}
