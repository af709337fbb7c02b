export const name = 'http-parser explain'
