/**
 * The practice worker: one in a practice run, in the place of every host.
 *
 * @module
 */
import { toErrorReport } from "~/base/user_error.ts";
import { PracticeServer } from "./practice_server.ts";
import type { FromPractice, ToPractice } from "./protocol.ts";
import { keepOffProxies } from "./keep_off_proxies.ts";

addEventListener("message", (event) => {
  const { port } = (event as MessageEvent<{ port: MessagePort }>).data;
  const send = (message: FromPractice) => port.postMessage(message);
  let server: PracticeServer | undefined;

  port.onmessage = async ({ data }: MessageEvent<ToPractice>) => {
    try {
      if (data.type === "stop") {
        await server?.stop();
        return send({ type: "stopped" });
      }
      keepOffProxies();
      server = new PracticeServer(data.dbPath, data.faults);
      send({ type: "started", origin: server.origin });
    } catch (error) {
      send({ type: "failed", error: toErrorReport(error) });
    }
  };
}, { once: true });
