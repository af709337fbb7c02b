// The README's first command as a new user sees it: starts it, opens every printed address, says a line in the chat, ends it.
import { spawn } from 'node:child_process'
import { connect } from 'node:net'

const started = performance.now()
const child = spawn('npm', ['start'], { stdio: ['ignore', 'pipe', 'inherit'], detached: true })
const output = await untilPrinted(child.stdout, /irc:\/\/\S+/, 90_000)
const seconds = (performance.now() - started) / 1000
console.log(output.trimEnd())
console.log(`addresses after ${seconds.toFixed(1)} s`)

const problems = []
try {
  const addresses = [...output.matchAll(/https?:\/\/127\.0\.0\.1:\d+\S*/g)].map(([address]) => address)
  if (addresses.length < 4) problems.push(`only ${addresses.length} web addresses are printed`)
  for (const address of addresses) {
    const response = await fetch(address, { signal: AbortSignal.timeout(10_000) })
    const text = await response.text()
    console.log(`${response.status} ${address} (${text.length} characters)`)
    if (response.status !== 200 || text.length === 0) problems.push(`${address} answers ${response.status}`)
  }
  const base = new URL(addresses[0])
  const missing = await fetch(new URL('/no-such-page', base))
  if (missing.status !== 404) problems.push(`a missing page answers ${missing.status}`)
  await missing.arrayBuffer()

  const irc = new URL(/irc:\/\/\S+/.exec(output)[0])
  const line = await sayInChat(Number(irc.port || 6667))
  console.log(`chat: ${line}`)
} catch (error) {
  problems.push(String(error?.stack ?? error))
} finally {
  const gone = new Promise((resolve) => child.once('exit', resolve))
  process.kill(-child.pid, 'SIGTERM')
  const ended = await Promise.race([
    gone.then(() => true),
    new Promise((resolve) => setTimeout(resolve, 10_000, false)),
  ])
  if (!ended) {
    problems.push('the process does not end within 10 s of SIGTERM')
    process.kill(-child.pid, 'SIGKILL')
  }
}
for (const problem of problems) console.error(problem)
process.exit(problems.length > 0 ? 1 : 0)

/** What a stream printed up to the end of the first line that matches. */
function untilPrinted(stream, pattern, limit) {
  return new Promise((resolve, reject) => {
    let text = ''
    const timer = setTimeout(
      () => reject(new Error(`not printed within ${limit} ms: ${pattern}; seen: ${text}`)),
      limit,
    )
    stream.setEncoding('utf8')
    stream.on('data', (chunk) => {
      text += chunk
      const match = pattern.exec(text)
      if (match && text.indexOf('\n', match.index) >= 0) {
        clearTimeout(timer)
        resolve(text)
      }
    })
    stream.on('end', () => reject(new Error(`ended before printing ${pattern}; seen: ${text}`)))
  })
}

/** Two plain sockets join a room; resolves with the line that the second one sees. */
async function sayInChat(port) {
  const [reader, speaker] = [await join(port, 'reader'), await join(port, 'speaker')]
  speaker.socket.write('PRIVMSG #lobby :the wire works\r\n')
  const line = await reader.until(/PRIVMSG #lobby :.*/)
  for (const { socket } of [reader, speaker]) socket.end('QUIT\r\n')
  return line
}

async function join(port, nick) {
  const socket = connect(port, '127.0.0.1')
  let text = ''
  const waiting = []
  socket.setEncoding('utf8')
  socket.on('data', (chunk) => {
    text += chunk
    for (const token of chunk.matchAll(/^PING (.*)$/gm)) socket.write(`PONG ${token[1].trim()}\r\n`)
    for (const wait of [...waiting]) wait()
  })
  const until = (pattern) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${nick} never saw ${pattern}: ${text}`)), 10_000)
      const look = () => {
        const match = pattern.exec(text)
        if (!match) return
        clearTimeout(timer)
        waiting.splice(waiting.indexOf(look), 1)
        resolve(match[0].trim())
      }
      waiting.push(look)
      look()
    })
  socket.write(`NICK ${nick}\r\nUSER ${nick} 0 * :${nick}\r\n`)
  await until(/ 001 /)
  socket.write('JOIN #lobby\r\n')
  await until(/ 366 /)
  return { socket, until }
}
