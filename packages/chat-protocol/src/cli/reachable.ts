import { networkInterfaces } from 'node:os'

/**
 * Host names under which a server that listens on `host` is reached, the likeliest for others first.
 *
 * @param interfaces as `os.networkInterfaces` gives them; a test brings its own
 */
export function reachableHosts(
  host: string,
  interfaces: ReturnType<typeof networkInterfaces> = networkInterfaces(),
): string[] {
  if (host !== '0.0.0.0' && host !== '::') return [host.includes(':') ? `[${host}]` : host]
  const found: string[] = []
  for (const addresses of Object.values(interfaces)) {
    for (const { address, family, internal } of addresses ?? []) {
      // Link-local IPv6 needs a zone that no URL takes.
      if (internal || address.startsWith('fe80:') || (family === 'IPv6' && host === '0.0.0.0')) continue
      found.push(address.includes(':') ? `[${address}]` : address)
    }
  }
  return [...found, 'localhost']
}
