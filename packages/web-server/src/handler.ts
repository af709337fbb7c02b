export const name = 'web-server handler'
