/**
 * The line to the host: the pipes of the guest's process, which a worker may read and write without
 * any permission (Deno 2.6 and 2.9, run and compiled).
 *
 * What is needed of `Deno` is taken when this module loads, because the realm is closed later; it stays in
 * this module's scope and is never handed out.
 *
 * @module
 */
import { FrameReader, toWrites } from "~/sandbox/guest_frames.ts";
import type { GuestMessage, HostMessage } from "~/sandbox/protocol.ts";

/** How a guest and its host talk: in arrays of messages. */
export interface HostLine {
  post(messages: readonly GuestMessage[]): void;
  /** Called once. */
  listen(onMessages: (messages: readonly HostMessage[]) => void): void;
}

const { stdin, stdout } = Deno;

/** What a pipe on Linux holds. */
const PIECE_BYTES = 64 * 1_024;

/**
 * The process's own pipes.
 *
 * @param onClose The host has closed its end.
 */
export function processLine(onClose: () => void): HostLine {
  return {
    post(messages) {
      for (const bytes of toWrites(messages)) writeAll(bytes);
    },
    listen: (onMessages) => void readAll(onMessages).then(onClose),
  };
}

/** Blocks while the pipe is full: there is nothing better to do than to wait for the host. */
function writeAll(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += stdout.writeSync(bytes.subarray(at));
}

async function readAll(onMessages: (messages: readonly HostMessage[]) => void): Promise<void> {
  const frames = new FrameReader();
  const piece = new Uint8Array(PIECE_BYTES);
  while (true) {
    const length = await stdin.read(piece);
    if (length === null) return;
    frames.read(piece.slice(0, length), (messages) => onMessages(messages as HostMessage[]));
  }
}
