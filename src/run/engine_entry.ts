/**
 * Entry of the engine worker. The listener is registered before anything else: Deno loses messages
 * that arrive before it.
 *
 * @module
 */
import { Engine } from "./engine.ts";
import type { FromEngine, ToEngine } from "./engine_protocol.ts";

addEventListener("message", (event) => {
  const port: MessagePort = (event as MessageEvent).data.port;
  const engine = new Engine((message: FromEngine, transfer) =>
    port.postMessage(message, transfer ?? [])
  );
  port.onmessage = ({ data }: MessageEvent<ToEngine>) => {
    if (data.type === "start") void engine.run(data.request);
    else if (data.type === "stop") engine.stop();
    else engine.workerEnded(data.id, data.end);
  };
});
