/** The browser that is installed, if one is. */
export declare const chromiumPath: string | undefined
/** Options of playwright-core's `chromium.launch`, with further arguments. */
export declare function chromiumOptions(...more: string[]): { executablePath: string; args: string[] }
