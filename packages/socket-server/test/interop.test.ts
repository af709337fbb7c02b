import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Connection, serve } from '../src/index.js'
import { certificate, directory } from './transports.js'

const have = (program: string, ...args: string[]): boolean => spawnSync(program, args).error === undefined
const now = { signal: AbortSignal.abort() }

/** Answers each line with itself in upper case, and the peer's end with a last line. */
const shout = {
  data: (c: Connection, chunk: Uint8Array) => void c.write(Buffer.from(chunk).toString().toUpperCase()),
  end: (c: Connection) => c.closeWrite('bye\n'),
}

async function run(program: string, args: string[], input: string, done: (out: string) => boolean): Promise<string> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  let out = ''
  child.stdin.write(input)
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk
    if (done(out)) child.stdin.end()
  })
  await once(child, 'close')
  return out
}

describe('other programs', () => {
  it.skipIf(!have('openssl', 'version'))('openssl s_client: TLS 1.3 and 1.2, SNI, ALPN, both ends', async () => {
    const server = await serve(
      { tls: { ...certificate, ALPNProtocols: ['shout'] } },
      { ...shout, end: (c) => c.close() },
    )
    const ca = join(directory, 'ca.pem')
    writeFileSync(ca, certificate.cert)
    for (const version of ['-tls1_3', '-tls1_2']) {
      const args = [
        's_client',
        '-connect',
        `127.0.0.1:${server.port}`,
        '-servername',
        'localhost',
        '-alpn',
        'shout',
        '-CAfile',
        ca,
        version,
        '-verify_return_error',
      ]
      const out = await run('openssl', args, 'hello\n', (text) => text.includes('HELLO'))
      expect(out).toContain('HELLO\n')
      expect(out).toContain('ALPN protocol: shout')
      expect(out).toContain('Verify return code: 0 (ok)')
    }
    expect(server.stats.handshakeErrors).toBe(0)
    await server.close(now)
  })

  it.skipIf(!have('nc', '-h'))('nc -U: octets and half-close both ways over a Unix socket', async () => {
    const path = join(directory, 'nc.sock')
    const server = await serve({ path }, shout)
    const out = await run('nc', ['-N', '-U', path], 'hello\n', (text) => text.includes('HELLO\n'))
    expect(out).toBe('HELLO\nbye\n')
    await server.close()
  })

  it.skipIf(!have('curl', '--version'))('curl --unix-socket: reads an answer to its end', async () => {
    const path = join(directory, 'curl.sock')
    let request = ''
    const server = await serve(
      { path },
      {
        data(c, chunk) {
          request += Buffer.from(chunk)
          if (request.endsWith('\r\n\r\n'))
            c.finish(`HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n${'x'.repeat(1_000_000)}`)
        },
      },
    )
    const out = await run('curl', ['-sS', '--unix-socket', path, 'http://localhost/'], '', () => false)
    expect(request).toMatch(/^GET \/ HTTP\/1\.1\r\n/)
    expect(out).toBe('x'.repeat(1_000_000))
    await server.close()
  })
})
