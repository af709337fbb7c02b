export const name = 'chat-protocol engine'
