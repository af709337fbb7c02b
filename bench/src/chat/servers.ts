import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Starts one chat server for a measurement, with nothing in the way: no flood control, no limits, no lookups. */
export interface Program {
  readonly name: string
  readonly ours: boolean
  readonly version: () => string
  /** Where the program is missing, why. */
  readonly missing: () => string | undefined
  readonly start: () => Promise<RunningServer>
}

/** A server under measurement, a process of its own. */
export class RunningServer {
  constructor(
    readonly name: string,
    readonly port: number,
    private readonly child: ChildProcess,
    private readonly folder: string,
  ) {}

  /** Processor seconds the process has used, all threads, user and system. */
  cpuSeconds(): number {
    const fields = readFileSync(`/proc/${this.child.pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ')
    // utime and stime, in ticks of 10 ms (USER_HZ is 100 on every Linux there is).
    return (Number(fields[11]) + Number(fields[12])) / 100
  }

  /** Resident octets. */
  residentBytes(): number {
    return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${this.child.pid}/status`, 'latin1'))![1]) * 1024
  }

  /** Ends it, by its own handle. */
  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const closed = once(this.child, 'close')
      this.child.kill('SIGTERM')
      const timer = setTimeout(() => this.child.kill('SIGKILL'), 3000)
      await closed
      clearTimeout(timer)
    }
    rmSync(this.folder, { recursive: true, force: true })
  }
}

const paths = ['/usr/sbin', '/usr/bin', '/usr/local/sbin', '/usr/local/bin']

function find(program: string): string | undefined {
  return paths.map((path) => join(path, program)).find((path) => existsSync(path))
}

function firstLine(program: string, option: string): string {
  try {
    return execFileSync(find(program) ?? program, [option], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
      .split('\n')[0]!
      .trim()
  } catch {
    return 'unknown'
  }
}

const require = createRequire(import.meta.url)

/** The servers that are compared. */
export const PROGRAMS: readonly Program[] = [
  {
    name: 'plainwire',
    ours: true,
    version: () => (require('@plainwire/chat-protocol/package.json') as { version: string }).version,
    missing: () => undefined,
    start: async () => {
      // The bundler may have moved this module, not the program.
      const here = fileURLToPath(import.meta.url)
      const file = `${here.slice(0, here.lastIndexOf('/dist/'))}/dist/chat/chat-process.js`
      const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] })
      const [line] = (await once(child.stdout, 'data')) as [Buffer]
      return new RunningServer('plainwire', Number(line.toString()), child, mkdtempSync(join(tmpdir(), 'bench-chat-')))
    },
  },
  {
    name: 'ngIRCd',
    ours: false,
    version: () => firstLine('ngircd', '--version'),
    missing: () => (find('ngircd') ? undefined : 'not installed'),
    start: () =>
      started('ngIRCd', 'ngircd', ['--nodaemon', '--config'], (port) =>
        [
          '[Global]',
          'Name = bench.example',
          'Info = bench',
          'AdminEMail = nobody@bench.example',
          'Listen = 127.0.0.1',
          `Ports = ${port}`,
          'ServerUID = root',
          'ServerGID = root',
          '[Limits]',
          'ConnectRetry = 60',
          'MaxConnections = 0',
          'MaxConnectionsIP = 0',
          'MaxJoins = 0',
          'MaxNickLength = 20',
          'MaxPenaltyTime = 0',
          'PingTimeout = 600',
          'PongTimeout = 600',
          '[Options]',
          'DNS = no',
          'Ident = no',
          'PAM = no',
          '',
        ].join('\n'),
      ),
  },
  {
    name: 'InspIRCd',
    ours: false,
    version: () => firstLine('inspircd', '--version'),
    missing: () => (find('inspircd') ? undefined : 'not installed'),
    start: () =>
      started('InspIRCd', 'inspircd', ['--nofork', '--nolog', '--runasroot', '--nopid', '--config'], (port) =>
        [
          '<server name="bench.example" description="bench" network="bench" id="000">',
          '<admin name="bench" nick="bench" email="nobody@bench.example">',
          `<bind address="127.0.0.1" port="${port}" type="clients">`,
          '<connect allow="*" timeout="60" recvq="1M" softsendq="100M" hardsendq="100M" commandrate="100000000"',
          ' threshold="1000000" fakelag="no" localmax="100000" globalmax="100000" resolvehostnames="no" useident="no"',
          ' limit="100000" maxchans="100" pingfreq="600">',
          '<class name="x" commands="*">',
          '<performance softlimit="100000" somaxconn="4096" netbuffersize="65536" clonesonconnect="no">',
          '<options casemapping="ascii">',
          '<limits maxnick="31">',
          '',
        ].join('\n'),
      ),
  },
]

async function started(
  name: string,
  program: string,
  options: readonly string[],
  config: (port: number) => string,
): Promise<RunningServer> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-chat-'))
  const port = await freePort()
  const file = join(folder, 'server.conf')
  writeFileSync(file, config(port))
  const child = spawn(find(program)!, [...options, file], { stdio: 'ignore', cwd: folder })
  const server = new RunningServer(name, port, child, folder)
  // It is up when it accepts: tried for five seconds.
  for (let attempt = 0; attempt < 100; attempt++) {
    if (child.exitCode !== null) break
    if (await accepts(port)) return server
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  if (child.exitCode === null) await server.stop()
  throw new Error(`${name} did not start`)
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as { port: number }
  probe.close()
  await once(probe, 'close')
  return port
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
