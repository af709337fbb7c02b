export const name = 'http-parser stream'
