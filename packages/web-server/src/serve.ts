import type { WebServeOptions, WebServer } from './options.js'

/** Listens and answers. Resolves when the server accepts connections. */
export async function serve(options: WebServeOptions): Promise<WebServer> {
  throw new Error(`not yet ${options.port}`)
}
