/**
 * The client for browsers, where `./client` is this: the same but for `connect`, which knows WebSocket only.
 *
 * @packageDocumentation
 */
export { connect } from './client/browser.js'
export type { ConnectOptions } from './client/chat-client.js'
export * from './client/common.js'
