import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { checkKinds } from './option-kinds.js'
import type { ChatServerOptions, Listener } from './options.js'

/**
 * Reads a JSON configuration: the options of `serveChat`, where a listener's `tls` is `{ "cert": file, "key": file }`.
 * An unknown key is an error, as it is a slip that would go unnoticed; `serveChat` looks at those of single options.
 *
 * @param file path of the file; certificates are found relative to it
 * @throws TypeError with the key that is wrong
 * @throws SyntaxError when the file is not JSON
 */
export function readConfig(file: string): ChatServerOptions {
  const json = parsed(file)
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new TypeError('a configuration is an object')
  const config = json as Record<string, unknown>
  // A function cannot be written in JSON.
  if ('warn' in config) throw new TypeError('warn: there is no such option')
  checkKinds(config)
  const folder = dirname(resolve(file))
  const listeners = (config.listeners as Record<string, unknown>[] | undefined)?.map((entry) => listener(entry, folder))
  return { ...(config as ChatServerOptions), ...(listeners === undefined ? {} : { listeners }) }
}

function parsed(file: string): unknown {
  // Some editors begin a file with a byte order mark.
  const text = readFileSync(file, 'utf8').replace(/^\ufeff/, '')
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new SyntaxError(`${file} is not JSON: ${(cause as Error).message}`, { cause })
  }
}

function listener(entry: object, folder: string): Listener {
  const { tls, ...rest } = entry as { tls?: { cert?: unknown; key?: unknown } | null }
  const unknown = Object.keys(rest).find((key) => !['host', 'port', 'path', 'mode'].includes(key))
  if (unknown !== undefined) throw new TypeError(`listeners: ${unknown}: there is no such option`)
  if (tls === undefined) return rest as Listener
  if (tls === null || typeof tls !== 'object' || typeof tls.cert !== 'string' || typeof tls.key !== 'string')
    throw new TypeError('listeners: tls needs cert and key')
  return {
    ...rest,
    tls: { cert: readFileSync(resolve(folder, tls.cert)), key: readFileSync(resolve(folder, tls.key)) },
  } as Listener
}
