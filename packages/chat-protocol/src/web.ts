/**
 * The chat in a web server: a case that serves the browser page, and an upgrade handler that brings its WebSockets, and
 * those of other IRC clients, to a chat server.
 *
 * ```ts
 * const chat = await serveChat({ name: 'chat.example', listeners: [{ port: 6667 }] })
 * await serve({ port: 8080, handler: site('./public', [chatPage('/chat/'), regularFile()]), upgrade: chatSocket(chat, '/chat/socket') })
 * ```
 */
export { chatPage } from './web/chat-page.js'
export { type ChatSocketOptions, chatSocket } from './web/chat-socket.js'
