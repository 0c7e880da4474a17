/**
 * A guest worker that talks over a port, which a test sends to it, instead of its process's pipes.
 *
 * @module
 */
import { startGuest } from "./guest.ts";

globalThis.addEventListener("message", (event) => {
  const { port } = (event as MessageEvent<{ port: MessagePort }>).data;
  startGuest({
    post: (messages) => port.postMessage(messages),
    listen: (onMessages) => port.onmessage = ({ data }) => onMessages(data),
  });
}, { once: true });
