// The client: connect, send, receive until the server closes too.
import { connect } from '@plainwire/socket-server'
import { giveUp } from './command-line.js'

const [address = 'tcp://127.0.0.1:7007', ...words] = process.argv.slice(2)

await using connection = await connect(address).catch(giveUp)
connection.closeWrite(words.length > 0 ? words.join(' ') : 'Hello, wire!')

let received = ''
for await (const chunk of connection) received += Buffer.from(chunk).toString()
console.log(received)
