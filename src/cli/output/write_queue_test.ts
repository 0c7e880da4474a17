import assert from "node:assert/strict";
import { type Sink, WriteQueue } from "./write_queue.ts";

/** A stream whose reader takes the first piece when it is told to, and all that follow at once. */
class SlowSink implements Sink {
  text = "";
  /** Pieces that are on their way at the same time. */
  most = 0;
  readonly first = Promise.withResolvers<void>();
  #out = 0;

  isTerminal(): boolean {
    return false;
  }

  writeSync(): number {
    throw new Error("It would wait");
  }

  async write(bytes: Uint8Array): Promise<number> {
    this.most = Math.max(this.most, ++this.#out);
    await this.first.promise;
    this.text += new TextDecoder().decode(bytes);
    this.#out -= 1;
    return bytes.length;
  }
}

const noFailure = (_: Sink, failure: unknown) => assert.fail(String(failure));

Deno.test("WriteQueue gives each stream its own texts, in their order", async () => {
  const [out, err] = [new SlowSink(), new SlowSink()];
  const queue = new WriteQueue(noFailure);
  for (const [sink, text] of [[out, "1"], [err, "a"], [out, "2"], [out, "3"]] as const) {
    queue.push(sink, text);
  }
  assert.equal(queue.waitingChars, 3, "beside what is being written");
  out.first.resolve();
  err.first.resolve();

  await queue.written;

  assert.deepEqual([out.text, err.text], ["123", "a"]);
});

Deno.test("WriteQueue that gives up a stream writes what others are to get, once and in their order", async () => {
  const [stuck, other] = [new SlowSink(), new SlowSink()];
  const queue = new WriteQueue(noFailure);
  queue.push(stuck, "1");
  queue.push(other, "a");
  queue.push(stuck, "2");
  queue.push(other, "b");

  assert.equal(queue.giveUp(), stuck);
  queue.push(stuck, "3");
  // Its reader comes back, too late.
  stuck.first.resolve();
  await stuck.first.promise;
  await Promise.resolve();
  other.first.resolve();
  await queue.written;

  assert.deepEqual([stuck.text, other.text, other.most], ["1", "ab", 1]);
});
