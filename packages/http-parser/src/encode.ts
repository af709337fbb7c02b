export const name = 'http-parser encode'
