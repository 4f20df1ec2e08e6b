/** A key that must not turn up in any result, error or log line. */
export const canaryKey = 'canary-key-Zq7xW2pLr9';
