import assert from "node:assert/strict";
import { concatBytes } from "~/base/lists/concat_bytes.ts";
import { FrameReader, toFrames, toWrites } from "./guest_frames.ts";
import { MAX_JOINED_LENGTH } from "./json_messages.ts";
import type { GuestMessage, HostMessage, Value } from "./protocol.ts";

function rows(id: number, values: readonly Value[]): HostMessage {
  return { type: "rows", id, block: { columns: ["a"], values }, groups: [], done: false };
}

function post(id: number, body: string | Uint8Array | null): GuestMessage {
  const [method, url, headers] = ["POST", "https://x.test/ö", [["a", "b"]] as [string, string][]];
  const request = {
    method,
    url,
    headers,
    body,
    timeoutMs: 1.5,
    retries: 0,
    groups: [id],
  };
  return { type: "http", id, request };
}

/** What the other end gets when the bytes arrive in pieces of this size. */
function sent(messages: readonly (GuestMessage | HostMessage)[], pieceBytes = Infinity): unknown[] {
  const received: unknown[] = [];
  const reader = new FrameReader();
  const bytes = concatBytes([...toFrames(messages)]);
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    reader.read(bytes.slice(at, at + pieceBytes), (some) => received.push(...some));
  }
  return received;
}

Deno.test("messages come out of the pipe as they went in, whatever values they hold", () => {
  const awkward: Value[] = [
    null,
    "",
    "a\0b",
    "\ufeffö€😀",
    "\ud800 alone",
    '"\\\n\u2028',
    0,
    -0,
    0.1,
    1e21,
    5e-324,
    2 ** 53,
    Infinity,
    -Infinity,
    2n ** 63n - 1n,
    -1n,
    new Uint8Array(),
    new Uint8Array([0, 255, 10]),
  ];
  for (const value of awkward) {
    const messages = [rows(1, [value, "after"]), rows(2, ["before", value])];
    assert.deepEqual(sent(messages), messages);
  }
});

Deno.test("messages that are written differently keep their order", () => {
  const messages = [
    post(1, "text"),
    post(2, new Uint8Array([1])),
    post(3, null),
    post(4, '{"a":1}'),
    rows(5, [1n]),
    rows(6, [1]),
    { type: "saved", id: 7 } as const,
  ];
  for (const pieceBytes of [1, 2, 3, 7, 64, Infinity]) {
    assert.deepEqual(sent(messages, pieceBytes), messages, String(pieceBytes));
  }
});

Deno.test("messages that are too long for one text come through all the same", () => {
  const long = (id: number) => post(id, "x".repeat(MAX_JOINED_LENGTH * 0.4));
  const longer = rows(9, ["ö".repeat(MAX_JOINED_LENGTH + 1)]);
  const messages = [
    long(1),
    long(2),
    long(3),
    longer,
    post(4, "short"),
    longer,
    long(5),
    post(6, null),
  ];
  const received = sent(messages);
  assert.equal(received.length, messages.length);
  // Compared one by one: a difference would be printed, all of it.
  messages.forEach((message, i) =>
    assert.ok(JSON.stringify(received[i]) === JSON.stringify(message), String(i))
  );
});

Deno.test("what is large goes alone: together they would take many times as much memory", () => {
  const large = (id: number) => post(id, "x".repeat(MAX_JOINED_LENGTH + 1));
  const bytes = (id: number, length = 1) => post(id, new Uint8Array(length));
  const messages = [
    post(1, "a"),
    post(2, "b"),
    large(3),
    large(4),
    bytes(5),
    bytes(6),
    bytes(7, MAX_JOINED_LENGTH),
    bytes(8, MAX_JOINED_LENGTH),
    post(9, null),
  ];
  const counts = [...toFrames(messages)].map((frame) => {
    let count = 0;
    new FrameReader().read(frame, (some) => count += some.length);
    return count;
  });
  assert.deepEqual(counts, [2, 1, 1, 2, 1, 1, 1]);
});

Deno.test("small messages of one turn are written at once, however they are written, and what is large alone", () => {
  const small = [post(1, "a"), post(2, new Uint8Array(1)), post(3, "b")];
  const large = [post(4, "x".repeat(100_000)), post(5, new Uint8Array(100_000))];
  assert.equal([...toWrites(small)].length, 1);
  const writes = [...toWrites([...small, ...large, ...small])];
  assert.ok(writes.length > 1 && writes.every(({ length }) => length < 101_000));
  assert.deepEqual(concatBytes(writes), concatBytes([...toFrames([...small, ...large, ...small])]));
  assert.deepEqual([...toWrites([])], []);
});

Deno.test("an acknowledgement keeps apart what was read and what has no value", () => {
  const message: GuestMessage = {
    type: "acknowledge",
    id: 1,
    groups: [{ group: 1, block: null }, { group: 2, block: { columns: ["a"], values: [null] } }],
  };
  assert.deepEqual(sent([message]), [message]);
});

Deno.test("a response keeps its body, as text and as bytes", () => {
  for (const body of ["", "\ufeff{}", new Uint8Array([0xff])]) {
    const response = { status: 200, url: "https://x.test/", headers: [], body, attempts: 1 };
    const message: HostMessage = {
      type: "response",
      id: 1,
      response: { ...response, elapsedMs: 0.5 },
    };
    assert.deepEqual(sent([message]), [message]);
  }
});

Deno.test("bytes that are no frames are refused, and no message is made of them", () => {
  const frame = (kind: number, content: Uint8Array) => {
    const bytes = new Uint8Array([content.length, 0, 0, 0, kind, ...content]);
    new FrameReader().read(bytes, () => assert.fail("it was taken for a message"));
  };
  const text = (content: string) => new TextEncoder().encode(content);
  assert.throws(() => frame(1, text("[{")));
  assert.throws(() => frame(1, new Uint8Array([0x22, 0xff, 0x22])), "no UTF-8");
  assert.throws(() => frame(2, text("[]")));
  assert.throws(() => frame(7, text("[]")), "an unknown kind");
  // Read, but not handed on: what is no array holds no messages.
  frame(1, text('{"length":1}'));
});
