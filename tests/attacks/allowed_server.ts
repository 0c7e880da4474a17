/**
 * What the server does that `@allow_net` may list: it echoes, redirects, and wastes time and memory.
 *
 * @module
 */
import { constants, deflateRawSync } from "node:zlib";
import type { Answer, ReceivedRequest } from "../support/fake_api.ts";

/** Answers one request by its path. */
export function answerAllowed(request: ReceivedRequest): Answer {
  const status = Number(request.query.get("status") ?? 0);
  switch (request.path.split("/")[1]) {
    case "redirect":
      return { status: status || 302, headers: { location: request.query.get("to") ?? "/" } };
    case "echo":
      return {
        status: status || 200,
        headers: { "x-echo": request.headers["authorization"] ?? "" },
        json: { headers: request.headers, query: [...request.query] },
      };
    case "hang":
      return { hang: true };
    case "drip":
      return { body: endless(new TextEncoder().encode("drip\n"), 100) };
    case "endless":
      return { body: endless(new Uint8Array(1_000_000).fill(97), 0) };
    case "bomb":
      return { headers: { "content-encoding": "gzip" }, body: gzipBomb() };
    case "wide":
      return { headers: { "x-wide": "x".repeat(10_000_000) }, json: {} };
    default:
      return { json: { ok: true } };
  }
}

function endless(chunk: Uint8Array, pauseMs: number): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
      controller.enqueue(chunk);
    },
  });
}

/** 10 GB of zeros in 10 MB: one flushed block of a megabyte, ten thousand times. */
function gzipBomb(): ReadableStream<Uint8Array> {
  const header = new Uint8Array([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);
  const block = deflateRawSync(new Uint8Array(1_000_000), {
    finishFlush: constants.Z_FULL_FLUSH,
  });
  let sent = 0;
  return new ReadableStream({
    pull(controller) {
      controller.enqueue(sent === 0 ? header : new Uint8Array(block));
      if (++sent > 10_000) controller.close();
    },
  });
}
