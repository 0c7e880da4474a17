import assert from "node:assert/strict";
import type { GuestRequest } from "~/sandbox/protocol.ts";
import { runGuest, type TestHost } from "~/sandbox/testing/run_guest.ts";

const people = (count: number) => Array.from({ length: count }, (_, i) => ({ id: i + 1 }));
const run = (code: string, host: TestHost = {}) =>
  runGuest(
    `import { http, HttpError, log, query, reject, save } from "spoor";
const post = (groups) => http.post("https://a.test/batch", { json: groups.map((group) => group.key.id) });
${code}`,
    { kind: "tracked", uniqueKey: ["id"], rows: people(8), ...host },
  );
const idsOf = (request: GuestRequest): number[] => JSON.parse(String(request.body));
const refuse = (bad: number[], status: number) => (request: GuestRequest) =>
  idsOf(request).some((id) => bad.includes(id))
    ? { status, body: new TextEncoder().encode("no") }
    : { status: 200 };
const POST_ALL =
  `log.info(await query("a").batches(8, async (groups) => { await post(groups); }));`;

Deno.test("batches halves a refused batch until the bad group is alone", async () => {
  const { error, logs, requests, acknowledged, failedGroups } = await run(POST_ALL, {
    respond: refuse([3], 422),
  });

  assert.equal(error, undefined);
  assert.deepEqual(logs, ["info: { saved: 7, rejected: 0, failed: 1 }"]);
  assert.deepEqual(requests.map(idsOf), [
    [1, 2, 3, 4, 5, 6, 7, 8],
    [1, 2, 3, 4],
    [1, 2],
    [3, 4],
    [3],
    [4],
    [5, 6, 7, 8],
  ]);
  assert.deepEqual(requests.map(({ groups }) => groups), requests.map(idsOf));
  assert.deepEqual(acknowledged.map(({ group }) => group), [1, 2, 4, 5, 6, 7, 8]);
  assert.deepEqual(failedGroups.map(({ group, error }) => [group, error.message]), [
    [3, "POST https://a.test/batch answered 422: no"],
  ]);
});

Deno.test("batches does not halve for answers that are about no group", async () => {
  for (const status of [401, 408, 429, 500, 503]) {
    const { logs, requests } = await run(POST_ALL, { respond: refuse([3], status) });

    assert.deepEqual([status, requests.length, logs], [status, 1, [
      "info: { saved: 0, rejected: 0, failed: 8 }",
    ]]);
  }
  const broken = await run(POST_ALL, {
    respond: () => ({ error: { kind: "broken", message: "the connection broke" } }),
  });
  assert.deepEqual([broken.requests.length, broken.failedGroups.length], [1, 8]);
});

Deno.test("batches halves a batch that is answered 500 where one of its groups was refused before", async () => {
  const { requests, failedGroups } = await run(POST_ALL, {
    rows: people(4),
    respond: refuse([3], 500),
    intercept: (message, reply) => {
      if (message.type !== "pull") return false;
      reply({
        type: "rows",
        id: message.id,
        block: { columns: ["id"], values: [1, 2, 3, 4] },
        groups: [1, 2, 3, 4].map((group) => ({
          group,
          rows: 1,
          batch: 0,
          failedBefore: group === 3,
        })),
        done: true,
      });
      return true;
    },
  });

  assert.deepEqual(requests.map(idsOf), [[1, 2, 3, 4], [1, 2], [3, 4], [3], [4]]);
  assert.deepEqual(failedGroups.map(({ group }) => group), [3]);
});

Deno.test("what cannot be kept is told of those groups of a batch that have not ended", async () => {
  const { messages, acknowledged } = await run(
    `await query("a").batches(3, async (groups) => {
      for (const { rows: [row] } of groups) await save.row(row.id === 3 ? { ...row, x: NaN } : row);
    });`,
    { rows: people(3) },
  );

  assert.deepEqual(acknowledged.map(({ group }) => group), [1, 2]);
  const unfit = messages.flatMap((message) => message.type === "unfit" ? message.groups : []);
  assert.deepEqual([...new Set(unfit)], [3]);
});

Deno.test("batches halves only what the function has not ended itself", async () => {
  const { error, logs, requests } = await run(
    `log.info(await query("a").batches(4, async (groups) => {
  for (const { key, rows } of groups) if (key.id === 1) await save.rows(rows);
  for (const { key } of groups) if (key.id === 2) await reject(key, "no");
  await post(groups);
}));`,
    { rows: people(4), respond: refuse([1, 3], 400) },
  );

  assert.equal(error, undefined);
  assert.deepEqual(requests.map(idsOf), [[1, 2, 3, 4], [3], [4]]);
  assert.deepEqual(logs, ["info: { saved: 2, rejected: 1, failed: 1 }"]);
});

Deno.test("after Ctrl-C no further half is sent; the rest fails by the answer that came", async () => {
  let requests = 0;
  const { failedGroups, logs } = await run(POST_ALL, {
    intercept(message, reply) {
      if (message.type === "http" && ++requests === 2) reply({ type: "stop" });
    },
    respond: refuse([8], 422),
  });

  assert.equal(requests, 2);
  assert.deepEqual(logs, ["info: { saved: 4, rejected: 0, failed: 4 }"]);
  assert.deepEqual(failedGroups.map(({ group }) => group), [5, 6, 7, 8]);
});

Deno.test("after Ctrl-C no further group or batch is begun", async () => {
  const forms = [
    `await query("a").each((row) => http.post("https://a.test/", { json: [row.id] }));`,
    `await query("a").batches(1, async (groups) => { await post(groups); });`,
  ];
  for (const code of forms) {
    const { error, requests, failedGroups } = await run(code, {
      intercept(message, reply) {
        if (message.type === "http" && JSON.parse(String(message.request.body))[0] === 2) {
          reply({ type: "stop" });
        }
      },
    });

    assert.deepEqual([error, failedGroups], [undefined, []]);
    assert.deepEqual(requests.map(idsOf), [[1], [2]]);
  }
});

Deno.test("after Ctrl-C no part of an earlier batch is sent, which would have another key", async () => {
  let pulls = 0;
  const { requests, error } = await run(POST_ALL, {
    rows: people(3_000),
    batches: Array(3_000).fill(9),
    intercept(message, reply) {
      if (message.type === "pull" && ++pulls === 2) reply({ type: "stop" });
    },
  });

  assert.equal(error, undefined);
  assert.equal(requests.length, 0);
});

Deno.test("the first refusal of a batch ends a model that is not tracked", async () => {
  const { error, requests } = await run(
    `await query("a").batches(8, (groups) => http.post("https://a.test/x").then(() => {}));`,
    { kind: "table", respond: () => ({ status: 422 }) },
  );

  assert.match(error?.message ?? "", /answered 422/);
  assert.equal(requests.length, 1);
});

Deno.test("batches takes {accepted, rejected} by key, whatever the answer's status", async () => {
  const { error, logs, acknowledged, rejected, failedGroups } = await run(
    `log.info(await query("a").batches(8, async (groups) => {
  await post(groups);
  return {
    accepted: [1, { id: 2 }, groups[2].rows[0], 1],
    rejected: [4, { key: 5, reason: "taken" }, { id: 6, reason: new Error("taken") }, { key: { id: 7 } }],
  };
}));`,
    { respond: () => ({ status: 207 }) },
  );

  assert.equal(error, undefined);
  assert.deepEqual(logs, ["info: { saved: 3, rejected: 4, failed: 1 }"]);
  assert.deepEqual(acknowledged, [
    { group: 1, rows: [{ id: 1 }] },
    { group: 2, rows: [{ id: 2 }] },
    { group: 3, rows: [{ id: 3 }] },
  ]);
  assert.deepEqual(rejected, [
    { groups: [4, 7], reason: "The far side refused it and gave no reason" },
    { groups: [5, 6], reason: "taken" },
  ]);
  assert.deepEqual(failedGroups.map(({ group, error }) => [group, error.message]), [
    [
      8,
      "Cannot tell what became of id = 8: the function named it neither in accepted nor in rejected",
    ],
  ]);
});

Deno.test("what is said of a rejected group under another name than reason is its reason", async () => {
  const { rejected, acknowledged } = await run(
    `await query("a").batches(8, (groups) => ({ rejected: [
  { key: 1, error: "taken" }, { id: 2, error: new Error("taken") }, { key: 3, error: undefined },
  { key: 4, code: "E7", message: "no mail" }, { key: 5, reason: "said", error: "more" },
  groups[5].rows[0], { key: { id: 7 }, error: " " }, { key: 8, error: { code: 1n } },
] }));`,
  );

  assert.deepEqual(acknowledged, []);
  assert.deepEqual(rejected, [
    { groups: [1, 2], reason: "taken" },
    { groups: [3, 6, 7], reason: "The far side refused it and gave no reason" },
    { groups: [4], reason: '{ code: "E7", message: "no mail" }' },
    { groups: [5], reason: "said" },
    { groups: [8], reason: "{ code: 1n }" },
  ]);
});

Deno.test("one of the two lists is enough, and an empty one names nothing", async () => {
  const accepted = await run(`await query("a").batches(8, () => ({ accepted: [1, 2] }));`);
  const rejected = await run(`await query("a").batches(8, () => ({ rejected: [1] }));`);
  const none = await run(`await query("a").batches(8, () => ({ accepted: [], rejected: [] }));`);

  assert.deepEqual([accepted.acknowledged.length, accepted.failedGroups.length], [2, 6]);
  assert.deepEqual([rejected.acknowledged.length, rejected.failedGroups.length], [0, 7]);
  assert.deepEqual([none.acknowledged.length, none.failedGroups.length], [0, 8]);
});

Deno.test("what is neither an outcome nor a row is told apart from both", async () => {
  const read = async (returned: string) => {
    const { failedGroups, acknowledged } = await run(
      `await query("a").batches(2, () => (${returned}));`,
      { rows: people(2) },
    );
    assert.deepEqual([failedGroups.length, acknowledged.length], [2, 0], returned);
    return failedGroups[0]?.error;
  };

  const empty = await read("{}");
  const more = await read("{ accepted: [1], rejected: [2], count: 2, ok: true }");

  assert.equal(
    empty?.message,
    "Cannot read what the function returned: it is an object without columns",
  );
  assert.equal(
    more?.message,
    `Cannot read what the function returned: beside "accepted" and "rejected" it has "count", "ok"`,
  );
  for (const error of [empty, more]) {
    assert.match(
      error?.hint ?? "",
      /^Return \{ accepted: \[key, …\], rejected: \[\{ key, reason \}/,
    );
  }
  const { acknowledged } = await run(
    `await query("a").batches(1, ([group]) => ({ id: group.key.id, accepted: "yes" }));`,
    { rows: people(2) },
  );
  assert.equal(acknowledged.length, 2, "a row may have a column of that name");
});

Deno.test("keys of several columns are named by their columns", async () => {
  const rows = [{ Shop: "a", id: 1 }, { Shop: "b", id: 1 }, { Shop: "b", id: 2 }];
  const { error, acknowledged, failedGroups } = await run(
    `await query("a").batches(8, () => ({ accepted: [{ id: 1, Shop: "a" }, { key: { Shop: "b", id: 1 } }, 2] }));`,
    { uniqueKey: ["shop", "id"], rows },
  );

  assert.equal(error, undefined);
  assert.deepEqual(acknowledged.map(({ group }) => group), [1, 2]);
  assert.deepEqual(failedGroups.map(({ error }) => [error.message, error.hint]), [
    [
      "Cannot read a key that the function returned in accepted",
      'Give an object with "Shop", "id".',
    ],
  ]);
});

Deno.test("a key outside of the batch or in both lists fails what was not decided clearly", async () => {
  const { error, logs, acknowledged, rejected, failedGroups } = await run(
    `log.info(await query("a").batches(5, () => ({ accepted: [1, 3, "2"], rejected: [3, 4] })));`,
    { rows: people(5) },
  );

  assert.equal(error, undefined);
  assert.deepEqual(logs, ["info: { saved: 1, rejected: 1, failed: 3 }"]);
  assert.deepEqual(acknowledged.map(({ group }) => group), [1]);
  assert.deepEqual(rejected.map(({ groups }) => groups), [[4]]);
  const outside = 'Cannot find id = "2", which the function returned in accepted: ' +
    "it is not in the batch";
  assert.match(failedGroups[1]?.error.hint ?? "", /^The key is the number 2: return Number\(…\)/);
  assert.deepEqual(failedGroups.map(({ group, error }) => [group, error.message]), [
    [3, "Cannot tell what became of id = 3: it is both in accepted and in rejected"],
    [2, outside],
    [5, outside],
  ]);
});

Deno.test("places in the batch are not taken for keys", async () => {
  for (
    const outcome of [
      "{ accepted: [0, 2, 3], rejected: [1] }",
      "{ accepted: [1, 2], rejected: [{ key: 0 }] }",
      "{ accepted: [17, 0, 2, 3] }",
    ]
  ) {
    const { acknowledged, rejected, failedGroups } = await run(
      `await query("a").batches(4, () => (${outcome}));`,
      { rows: people(4) },
    );

    assert.deepEqual([acknowledged, rejected, failedGroups.length], [[], [], 4]);
    assert.match(failedGroups[0]?.error.message ?? "", /^Cannot find id = 0, .* not in the batch$/);
    assert.match(failedGroups[0]?.error.hint ?? "", /^Return keys, and not the places/);
  }
});

Deno.test("a key outside of a batch that is decided is told of by a warning", async () => {
  const { logs, acknowledged } = await run(
    `await query("a").batches(2, () => ({ accepted: [1, 2, 3] }));`,
    { rows: people(2) },
  );

  assert.equal(acknowledged.length, 2);
  assert.deepEqual(logs, [
    "warn: Cannot find id = 3, which the function returned in accepted: it is not in the batch",
  ]);
});

Deno.test("what cannot be read as {accepted, rejected} fails the batch", async () => {
  const failures = async (returned: string, host: TestHost = {}) => {
    const { error, failedGroups } = await run(
      `await query("a").batches(2, () => (${returned}));`,
      { rows: people(2), ...host },
    );
    return error?.message ?? failedGroups.map(({ error }) => error.message);
  };
  const notAnArray = 'Cannot read what the function returned: "accepted" is not an array';

  assert.deepEqual(await failures(`{ accepted: "all" }`), [notAnArray, notAnArray]);
  assert.deepEqual(await failures(`{ accepted: [2], rejected: [{ key: 1, reason: 422 }] }`), [
    "Cannot reject id = 1: the reason is a number",
  ]);
  assert.deepEqual(
    await failures(`{ accepted: [1] }`, { kind: "table" }),
    "Cannot use { accepted, rejected }: the model is not tracked",
  );
});

Deno.test("a partial answer may name what the function has ended itself, but not otherwise", async () => {
  const { error, logs } = await run(
    `log.info(await query("a").batches(4, async (groups) => {
  await save.rows(groups[0].rows);
  await reject(groups[1].key, "no");
  return { accepted: [1, 3], rejected: [2, 4] };
}));
log.info("end");`,
    { rows: people(4) },
  );
  const otherwise = await run(
    `await query("a").batches(2, async (groups) => {
  await save.rows(groups[0].rows);
  return { accepted: [2], rejected: [1] };
});`,
    { rows: people(2) },
  );

  assert.equal(error, undefined);
  assert.deepEqual(logs, ["info: { saved: 2, rejected: 2, failed: 0 }", "info: end"]);
  assert.deepEqual(otherwise.logs, [
    "warn: Cannot take id = 1 as rejected: it was saved already",
  ]);
});
