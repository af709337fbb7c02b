// The ceiling: a bare socket that answers every read with the same octets. It parses nothing.
import { createServer } from 'node:net'

let answer = answerNow()
setInterval(() => {
  answer = answerNow()
}, 1000).unref()

createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => {})
  socket.on('data', () => socket.write(answer, 'latin1'))
}).listen({ port: 0, host: '127.0.0.1' }, function () {
  console.log(`PORT ${this.address().port}`)
})

function answerNow() {
  const date = new Date().toUTCString()
  return `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 14\r\nDate: ${date}\r\n\r\nHello, World!\n`
}
