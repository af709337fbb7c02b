/** The load: connections that each send a message, wait for its echo, and send the next; and connections that idle. */
import { connect, type Socket } from 'node:net'

/** What the load is asked to do. */
export type Task =
  | { kind: 'echo'; port: number; connections: number; size: number; ms: number }
  | { kind: 'idle'; port: number; connections: number }
  | { kind: 'release' }

const idle: Socket[] = []

process.on('message', (task: Task) => {
  run(task).then(
    (answer) => process.send!({ answer }),
    (error: unknown) => process.send!({ failure: String(error) }),
  )
})
process.on('disconnect', () => process.exit())

async function run(task: Task): Promise<number> {
  switch (task.kind) {
    case 'echo':
      return echo(task.port, task.connections, task.size, task.ms)
    case 'idle':
      return holdIdle(task.port, task.connections)
    case 'release':
      for (const socket of idle.splice(0)) socket.destroy()
      return 0
  }
}

/** @returns messages that came back whole and unchanged */
async function echo(port: number, connections: number, size: number, ms: number): Promise<number> {
  const message = Buffer.alloc(size, 'plainwire ')
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(port)))
  let count = 0
  let stopped = false
  const done = sockets.map(
    (socket) =>
      new Promise<void>((resolve, reject) => {
        let missing = size
        socket.on('data', (chunk) => {
          if (chunk.compare(message, size - missing, size - missing + chunk.length) !== 0) {
            reject(new Error('the echo is not what was sent'))
          }
          missing -= chunk.length
          if (missing > 0) return
          count++
          missing = size
          if (stopped) resolve()
          else socket.write(message)
        })
        socket.on('close', () => reject(new Error('the server closed the connection')))
        socket.write(message)
      }),
  )
  setTimeout(() => {
    stopped = true
  }, ms)
  await Promise.all(done)
  for (const socket of sockets) socket.removeAllListeners('close').destroy()
  return count
}

/** Opens connections that have each been answered once, and keeps them. */
async function holdIdle(port: number, connections: number): Promise<number> {
  for (let opened = 0; opened < connections; opened += 100) {
    const some = await Promise.all(Array.from({ length: Math.min(100, connections - opened) }, () => open(port)))
    await Promise.all(
      some.map(
        (socket) =>
          new Promise<void>((resolve) => {
            socket.once('data', () => resolve())
            socket.write('x')
          }),
      ),
    )
    idle.push(...some)
  }
  return idle.length
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    socket.once('connect', () => resolve(socket))
    socket.on('error', reject)
  })
}
