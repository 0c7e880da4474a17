/**
 * The far side of the sending figures: a server in its own process on the loopback address.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { TextLineStream } from "./text_line_stream.ts";

/** A running server; disposing of it ends its process. */
export interface Loopback extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  host: string;
  /** Requests since the last call. */
  takeCount(): Promise<number>;
  /** When they arrived, in milliseconds since 1970, by the server's clock. */
  takeArrivals(): Promise<number[]>;
}

/** Starts the server on a free port. */
export async function startLoopback(): Promise<Loopback> {
  const program = fileURLToPath(new URL("./loopback_server.ts", import.meta.url));
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-net=127.0.0.1", program],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = child.stdout
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream())
    .getReader();
  const { value } = await reader.read();
  const host = `127.0.0.1:${value}`;
  return {
    host,
    takeCount: async () => Number(await (await fetch(`http://${host}/count`)).text()),
    takeArrivals: async () => await (await fetch(`http://${host}/arrivals`)).json(),
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGTERM");
      await reader.cancel();
      await child.status;
    },
  };
}
