/**
 * Opens many keep-alive connections, asks once on each and leaves them open: `node idle-client.js PORT COUNT`. Prints
 * READY when all are answered; ends with standard input.
 */
import { connect } from 'node:net'

const port = Number(process.argv[2])
const count = Number(process.argv[3])
/** A herd at once would measure the backlog. */
const AT_A_TIME = 100

let begun = 0
let answered = 0

function open(): void {
  if (begun === count) return
  begun++
  const socket = connect(port, '127.0.0.1', () => socket.write(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`))
  socket.once('data', () => {
    answered++
    if (answered === count) console.log('READY')
    else open()
  })
  socket.on('error', (error) => {
    console.error(error.message)
    process.exit(1)
  })
}

for (let at = 0; at < AT_A_TIME; at++) open()
process.stdin.resume().on('end', () => process.exit())
