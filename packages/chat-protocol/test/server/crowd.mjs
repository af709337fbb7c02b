// A crowd of clients in a process of its own (two ends of 10,000 connections need more descriptors than one process is
// given): node crowd.mjs <port> <clients> <rooms>. Says what it saw as lines of JSON.
import { connect } from 'node:net'

const [port, clients, rooms] = process.argv.slice(2).map(Number)
let registered = 0
let joined = 0
let heard = 0
const sockets = []

function open(i) {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  let rest = ''
  socket.setEncoding('latin1')
  socket.on('error', (error) => report({ error: String(error) }))
  socket.on('data', (text) => {
    const lines = (rest + text).split('\r\n')
    rest = lines.pop()
    for (const line of lines) {
      const command = line.split(' ', 2)[1]
      if (command === '001') {
        registered++
        // The next one when this one is in: a hundred at a time, so that no backlog overflows.
        if (i + 100 < clients) open(i + 100)
        socket.write(`JOIN #room${i % rooms}\r\n`)
      } else if (command === '366' && ++joined === clients) {
        report({ registered, joined })
        for (let room = 0; room < rooms; room++) sockets[room].write(`PRIVMSG #room${room} :hello everybody\r\n`)
      } else if (command === 'PRIVMSG' && ++heard === clients - rooms) report({ heard })
    }
  })
  socket.write(`NICK c${i}\r\nUSER c 0 * :c\r\n`)
  sockets[i] = socket
}

function report(what) {
  process.stdout.write(`${JSON.stringify(what)}\n`)
}

for (let i = 0; i < Math.min(100, clients); i++) open(i)
