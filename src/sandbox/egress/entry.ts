/**
 * The egress worker: a model's only way to the network.
 *
 * Trusted code whose permission is the model's `@allow_net` and nothing else. The first message
 * hands it its port, on which all else comes; the listener is there before anything awaits, because
 * a message that finds none is lost.
 *
 * @module
 */
import { Egress } from "./egress.ts";

addEventListener("message", (event) => {
  const { port } = (event as MessageEvent<{ port: MessagePort }>).data;
  new Egress(port, Math.random);
}, { once: true });
