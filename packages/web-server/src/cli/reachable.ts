import { networkInterfaces } from 'node:os'

/** An address under which a server can be opened, and from where. */
export interface Reachable {
  url: string
  from: 'this machine' | 'the network'
}

/**
 * The addresses under which a server is reached: for a wildcard host this machine's and one for each network interface,
 * else the one it listens on.
 *
 * @param interfaces as `os.networkInterfaces` gives them; a test brings its own
 */
export function reachable(
  scheme: 'http' | 'https',
  host: string,
  port: number,
  interfaces: ReturnType<typeof networkInterfaces> = networkInterfaces(),
): Reachable[] {
  const url = (name: string): string => {
    const authority = name.includes(':') ? `[${name}]` : name
    const isDefault = port === (scheme === 'http' ? 80 : 443)
    return `${scheme}://${authority}${isDefault ? '' : `:${port}`}/`
  }
  if (host !== '0.0.0.0' && host !== '::')
    return [{ url: url(host), from: isLoopback(host) ? 'this machine' : 'the network' }]
  const found: Reachable[] = [{ url: url('localhost'), from: 'this machine' }]
  for (const addresses of Object.values(interfaces)) {
    for (const { address, family, internal } of addresses ?? []) {
      // Link-local IPv6 needs a zone that no browser takes.
      if (internal || address.startsWith('fe80:') || (family === 'IPv6' && host === '0.0.0.0')) continue
      found.push({ url: url(address), from: 'the network' })
    }
  }
  return found
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.')
}
