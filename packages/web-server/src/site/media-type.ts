/** The media type of a file: by the library's table, the site's own table, or a look at its first octets. */
import { extname } from 'node:path'
import { lookup } from 'mrmime'

/** Media types by extension without the dot, lower case; they go before the library's table. */
export type MediaTypes = Readonly<Record<string, string>>

/**
 * The `Content-Type` by name alone.
 *
 * @param name file name
 * @param own the site's own types
 * @param charset added to text types that have none; `''` adds nothing
 * @returns `undefined` when the name says nothing
 */
export function mediaTypeOf(name: string, own: MediaTypes, charset: string): string | undefined {
  const extension = extname(name).slice(1).toLowerCase()
  const type: unknown = Object.hasOwn(own, extension) ? own[extension] : lookup(extension)
  // The library's table is an object like any other: `x.constructor` finds a function in it.
  return typeof type === 'string' ? withCharset(type, charset) : undefined
}

/**
 * The `Content-Type` of a file whose name says nothing: text when its first octets are (a LICENSE, a Makefile), else
 * `application/octet-stream`. Never markup or script, whatever it looks like.
 */
export function mediaTypeOfContent(start: Uint8Array, charset: string): string {
  for (const octet of start) {
    if (octet < 0x20 ? octet !== 0x09 && octet !== 0x0a && octet !== 0x0d && octet !== 0x1b : octet === 0x7f) {
      return 'application/octet-stream'
    }
  }
  try {
    // `stream`: a character that is cut by the end of the sample is no error.
    new TextDecoder('utf-8', { fatal: true }).decode(start, { stream: true })
  } catch {
    return 'application/octet-stream'
  }
  return withCharset('text/plain', charset)
}

/** Types that are compressed already, images but for those that are plain pixels or text. */
const COMPRESSED =
  /^(?:audio\/(?!wav)|video\/|image\/(?!svg|bmp|tiff|x-icon|vnd\.microsoft\.icon)|font\/woff|application\/(?:.*\+)?(?:gzip|zip|java-archive|pdf)\b)/

/** Whether a type may become smaller by a content coding: for others no coded variant is looked for. */
export function isCompressible(contentType: string): boolean {
  return !COMPRESSED.test(contentType)
}

function withCharset(type: string, charset: string): string {
  return charset !== '' && /^text\/[^;]*$/.test(type) ? `${type}; charset=${charset}` : type
}
