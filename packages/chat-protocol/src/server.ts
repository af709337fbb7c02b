export const name = 'chat-protocol server'
