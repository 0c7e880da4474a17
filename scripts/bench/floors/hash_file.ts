/**
 * Floor: one read and hash of a file. Argument: the file.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { timedWork } from "./timed_work.ts";

const [path = ""] = Deno.args;

await timedWork(() => {
  using file = Deno.openSync(path);
  const hash = createHash("sha256");
  const buffer = new Uint8Array(1 << 20);
  for (let read = file.readSync(buffer); read !== null; read = file.readSync(buffer)) {
    hash.update(buffer.subarray(0, read));
  }
  hash.digest("hex");
});
