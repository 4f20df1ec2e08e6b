/** What stands in for Lambda's runtime: loads a handler, calls it once and hands its answer over on standard error. */
export const runtime = `
const { handler } = await import(process.argv[2]);
const { body } = (await handler(JSON.parse(process.argv[3]), {})) ?? { body: 'ended' };
const { user, system } = process.cpuUsage();
process.stderr.write(JSON.stringify({ body, micros: user + system }));
`;
/** A handler that only answers. */
export const emptyHandler = 'export const handler = async () => ({ body: "provider_not_configured" });\n';
