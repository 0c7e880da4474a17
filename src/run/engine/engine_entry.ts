/**
 * Entry of the engine worker.
 *
 * It imports nothing before its listener is there: Deno loses messages that arrive earlier, and a
 * module that awaits while it loads (the hash's WebAssembly) lets them arrive. The engine's own port
 * keeps its messages until it is listened to.
 *
 * @module
 */
import type { FromEngine, ToEngine } from "./engine_protocol.ts";

addEventListener("message", async (event) => {
  const port: MessagePort = (event as MessageEvent).data.port;
  const { Engine } = await import("./engine.ts");
  const engine = new Engine((message: FromEngine, transfer) =>
    port.postMessage(message, transfer ?? [])
  );
  port.onmessage = ({ data }: MessageEvent<ToEngine>) => {
    if (data.type === "start") void engine.run(data.request, data);
    else if (data.type === "stop") engine.stop(data.isTimeOver);
    else engine.workerFailed(data.id, data.message);
  };
});
