/**
 * A process that makes the requests it is sent, one after the other, and says how many milliseconds they took: what
 * another process needs for the same requests and nothing else.
 */
process.on('message', async (requests: readonly { url: string; method: string; key: string }[]) => {
  const startedAt = performance.now();
  for (const { url, method, key } of requests)
    await (await fetch(url, { method, headers: { authorization: key } })).text();
  process.send?.(performance.now() - startedAt);
});
