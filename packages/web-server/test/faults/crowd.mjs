// A crowd of clients in a process of its own: node crowd.mjs PORT COUNT. Each opens a connection, asks once and waits.
// It prints "ready ANSWERED" when all have had their answer, and leaves when its standard input ends.
import { connect } from 'node:net'

const [port, count] = process.argv.slice(2).map(Number)
const sockets = []
let answered = 0
let opened = 0

function open() {
  if (opened === count) return
  opened++
  const socket = connect({ port, host: '127.0.0.1' })
  sockets.push(socket)
  socket.on('error', () => {})
  socket.once('data', () => {
    if (++answered === count) console.log(`ready ${answered}`)
    open()
  })
  socket.write('GET / HTTP/1.1\r\nHost: a.example\r\n\r\n')
}

// A hundred at a time: the backlog of the listener is not what is tested.
for (let each = 0; each < 100; each++) open()
process.stdin.resume()
process.stdin.on('end', () => {
  for (const socket of sockets) socket.resetAndDestroy()
})
