/**
 * Serves connections as they come, each by itself.
 *
 * @module
 */

/** Goes on until it is disposed of; then the connections that are open are closed. */
export interface Serving extends AsyncDisposable {
  /** Resolves when what has come so far is over. */
  ended(): Promise<unknown>;
}

/** @param serve That it fails means that the other side has hung up. */
export function serveConnections<Connection extends Deno.Conn>(
  listener: AsyncIterable<Connection> & { close(): void },
  serve: (connection: Connection) => Promise<void>,
): Serving {
  const connections = new Set<Connection>();
  const serving = new Set<Promise<void>>();
  const accepting = (async () => {
    for await (const connection of listener) {
      connections.add(connection);
      serving.add(serve(connection).catch(() => {}));
    }
  })();
  const ended = () => Promise.all(serving);
  return {
    ended,
    async [Symbol.asyncDispose]() {
      listener.close();
      connections.forEach(closeOnce);
      await Promise.all([accepting, ended()]);
    },
  };
}

/** Closes a connection that may be closed already. */
export function closeOnce(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch {
    // It is.
  }
}
