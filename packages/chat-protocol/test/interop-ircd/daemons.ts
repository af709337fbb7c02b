import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from '@plainwire/socket-server'

/** A foreign IRC server that runs as a child process on loopback. */
export interface Daemon {
  readonly port: number
  stop(): Promise<void>
}

/** Is the program there? */
export function have(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0
}

/** A port that nobody listens on: foreign servers cannot be asked which one the system gave them. */
async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const { port } = probe.address() as { port: number }
  await new Promise((resolve) => probe.close(resolve))
  return port
}

async function run(program: string, args: (folder: string, port: number) => readonly string[]): Promise<Daemon> {
  const folder = mkdtempSync(join(tmpdir(), 'plainwire-ircd-'))
  const port = await freePort()
  const child = spawn(program, args(folder, port), { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL')
    await ended
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await answering(port, child)
  } catch {
    await stop()
    throw new Error(`${program} does not answer: ${said.slice(-2000)}`)
  }
  return { port, stop }
}

/** Waits until the server accepts a connection: the only sign that all servers give. */
async function answering(port: number, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (child.exitCode !== null) break
    try {
      const connection = await connect({ host: '127.0.0.1', port })
      connection.destroy()
      return
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  throw new Error('no answer')
}

/** ngIRCd: no CAP to speak of, rfc1459 names, its own ideas of flood. */
export function ngircd(): Promise<Daemon> {
  return run('ngircd', (folder, port) => {
    const config = join(folder, 'ngircd.conf')
    writeFileSync(
      config,
      `[Global]
Name = ngircd.test
Info = test
Listen = 127.0.0.1
Ports = ${port}
MotdPhrase = hello
ServerUID = ${process.getuid?.() ?? 0}
ServerGID = ${process.getgid?.() ?? 0}
[Limits]
MaxConnectionsIP = 0
MaxJoins = 0
[Options]
DNS = no
Ident = no
PAM = no
`,
    )
    return ['-n', '-f', config]
  })
}

/** InspIRCd with the modules that bring it IRCv3. */
export function inspircd(): Promise<Daemon> {
  return run('inspircd', (folder, port) => {
    const config = join(folder, 'inspircd.conf')
    const modules = [
      'ircv3',
      'ircv3_accounttag',
      'ircv3_batch',
      'ircv3_capnotify',
      'ircv3_chghost',
      'ircv3_ctctags',
      'ircv3_echomessage',
      'ircv3_invitenotify',
      'ircv3_labeledresponse',
      'ircv3_msgid',
      'ircv3_servertime',
      'cap',
      'namesx',
      'uhnames',
      'setname',
      'chanhistory',
    ]
    writeFileSync(
      config,
      `<server name="inspircd.test" description="test" network="Test" id="001">
<admin name="a" nick="a" email="a@example.org">
<bind address="127.0.0.1" port="${port}" type="clients">
<connect allow="*" resolvehostnames="no" useident="no" timeout="20" pingfreq="120" localmax="0" globalmax="0" maxchans="100" softsendq="1M" hardsendq="2M" recvq="64K" threshold="1000" commandrate="100000" fakelag="no">
<files motd="">
<path configdir="${folder}" datadir="${folder}" logdir="${folder}" runtimedir="${folder}">
<pid file="${join(folder, 'pid')}">
<log method="stdout" type="*" level="default" target="stdout">
<options defaultmodes="not">
<class name="x" commands="">
${modules.map((name) => `<module name="${name}">`).join('\n')}
`,
    )
    return ['--nofork', '--runasroot', '--config', config]
  })
}
