export const name = 'chat-protocol web'
