export const name = 'chat-protocol client'
