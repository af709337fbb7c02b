// The ceiling for new connections: a bare socket that answers the first read with the same octets and closes.
import { createServer } from 'node:net'

let answer = answerNow()
setInterval(() => {
  answer = answerNow()
}, 1000).unref()

createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => {})
  socket.once('data', () => socket.end(answer, 'latin1'))
}).listen({ port: 0, host: '127.0.0.1' }, function () {
  console.log(`PORT ${this.address().port}`)
})

function answerNow() {
  const head = `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 14\r\nDate: ${new Date().toUTCString()}`
  return `${head}\r\nConnection: close\r\n\r\nHello, World!\n`
}
