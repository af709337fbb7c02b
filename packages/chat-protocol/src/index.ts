export const name = 'chat-protocol index'
