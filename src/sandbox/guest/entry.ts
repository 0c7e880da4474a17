/**
 * The guest worker: the home of one model's code, without any permission.
 *
 * The first message brings the port to the host; everything else goes over that port. The
 * listener is there before anything waits, because Deno loses messages that find none.
 *
 * @module
 */
import { startGuest } from "./guest.ts";

globalThis.addEventListener("message", receivePort as EventListener, { once: true });

function receivePort(event: MessageEvent): void {
  startGuest((event.data as { port: MessagePort }).port);
}
