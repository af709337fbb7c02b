// Stage 8: two clients talk through a server, in the protocol that every chat program knows.
import { serveChat } from '@plainwire/chat-protocol/server'
import { giveUp, portOr } from './command-line.js'

const server = await serveChat({ name: 'chat.example', listeners: [{ port: portOr(6667) }] }).catch(giveUp)
console.log(`irc://127.0.0.1:${server.port}`)
