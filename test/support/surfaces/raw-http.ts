import { connect, type Socket } from 'node:net';

/** An answer as it stood on the wire. */
export interface RawAnswer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/**
 * Writes all of it before anything of the answer is read, as most clients do, and gives the first answer. Rejects if the
 * connection breaks before everything is written.
 */
export async function writeThenRead(
  url: string,
  head: string,
  body: Iterable<Uint8Array> = [],
): Promise<RawAnswer> {
  const socket = await connected(url);
  try {
    await written(socket, head);
    for (const chunk of body) await written(socket, chunk);
    return await answerOf(socket);
  } finally {
    socket.destroy();
  }
}

/** A connection to the server at `url`, from which nothing is read until somebody asks. */
export function connected(url: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const { port, hostname } = new URL(url);
    const socket = connect(Number(port), hostname, () => resolve(socket));
    socket.on('error', reject);
  });
}

function written(socket: Socket, bytes: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) =>
    socket.write(bytes, (error) => (error ? reject(error) : resolve())),
  );
}

/** Reads one answer: to its `content-length` if it has one, else until the connection ends. */
export async function answerOf(socket: Socket): Promise<RawAnswer> {
  let text = '';
  const wanted = () => {
    const end = text.indexOf('\r\n\r\n');
    const length = /^content-length: (\d+)\r$/im.exec(text.slice(0, end + 2))?.[1];
    return end === -1 || length === undefined ? Number.POSITIVE_INFINITY : end + 4 + Number(length);
  };
  await new Promise<void>((resolve) => {
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (text.length >= wanted()) resolve();
    });
    socket.once('error', () => resolve());
    socket.once('close', () => resolve());
  });
  socket.removeAllListeners('data');
  const [head = '', ...rest] = text.split('\r\n\r\n');
  return { status: Number(head.split(' ')[1]), head, body: rest.join('\r\n\r\n') };
}
