import assert from "node:assert/strict";
import type { EgressResponse, GuestRequest } from "~/sandbox/protocol.ts";
import { OpenRequests } from "~/store/changes/open_requests.ts";
import { RequestLog } from "~/store/changes/request_log.ts";
import { GroupCommit } from "~/store/commits/group_commit.ts";
import { openState } from "~/store/file/open_state.ts";
import { tempFolder } from "../../../tests/support/temp_folder.ts";
import { GuestHttp } from "./guest_http.ts";
import type { TokenKeeper } from "./token_keeper.ts";

const REQUEST: GuestRequest = {
  method: "POST",
  url: "http://127.0.0.1:1/",
  headers: [],
  body: null,
  timeoutMs: 1_000,
  retries: 0,
  groups: [],
};

Deno.test("no request waits for a worker that is no more", async () => {
  using folder = tempFolder();
  const path = `${folder.path}/spoor.db`;
  const db = openState(path);
  const commits = new GroupCommit(db, path);
  const { port1, port2 } = new MessageChannel();
  let fail: (message: string) => void = () => {};
  const http = new GuestHttp({
    start: { model: "sync.people", allowNet: [], secrets: [] },
    startWorker(onFailure) {
      fail = onFailure;
      return { port: port1, end: () => port1.close() };
    },
    commits,
    log: new RequestLog(db, 1, "sync.people"),
    open: new OpenRequests(db, 1, "sync.people"),
    // No request of this test asks for a token.
    tokens: {} as TokenKeeper,
    stop: new AbortController().signal,
    projectId: "p",
    keyNames: { nameOf: () => "sync.people", contentFrom: 1 },
    runId: 1,
    readsOnly: false,
    mask: (text) => text,
    now: () => "2026-10-01T08:30:00Z",
  });
  try {
    const waiting = http.send(1, REQUEST, undefined);
    fail("out of memory");
    const ends: EgressResponse[] = [await waiting, await http.send(2, REQUEST, undefined)];

    const message = "The worker that sends requests has stopped: out of memory";
    assert.deepEqual(ends.map(({ attempts, error }) => [attempts, error?.kind, error?.message]), [
      [1, "broken", message],
      [0, "down", message],
    ]);
    assert.equal(http.down?.message, message, "the model ends");
    assert.equal(http.counts.sent, 1);
  } finally {
    http.dispose();
    port2.close();
    await commits[Symbol.asyncDispose]();
    db.close();
  }
});
