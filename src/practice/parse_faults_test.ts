import assert from "node:assert/strict";
import { UserError } from "~/base/user_error.ts";
import type { Fault } from "./fault.ts";
import { FAULT_HELP, parseFaults } from "./parse_faults.ts";

function read(text: string): Fault[] {
  const faults = parseFaults(text);
  if (faults instanceof UserError) throw faults;
  return faults;
}

function mistake(text: string): [string, string | undefined] {
  const error = parseFaults(text);
  assert.ok(error instanceof UserError, `${text} was read`);
  assert.equal(error.exitCode, 2);
  return [error.message, error.hint];
}

Deno.test("parseFaults() reads every fault with its share", () => {
  assert.deepEqual(read("429:10%, 5xx:5%, timeout:1%, drop:2%, lost:1%").map((f) => f.share), [
    0.1,
    0.05,
    0.01,
    0.02,
    0.01,
  ]);
  assert.deepEqual(read("429:10%")[0], {
    text: "429:10%",
    share: 0.1,
    action: { name: "status", status: 429, retryAfterS: 1 },
  });
  assert.deepEqual(read("503")[0]?.action, { name: "status", status: 503 });
});

Deno.test("parseFaults() knows every fault that the help shows", () => {
  for (const name of Object.keys(FAULT_HELP)) {
    assert.equal(read(name === "slow" ? "slow:1s" : name).length, 1, name);
  }
});

Deno.test("parseFaults() reads conditions", () => {
  assert.deepEqual(
    read("refuse:path=/contacts,key=7 drop:host=API.example,method=post,email=a:b@c,times=2"),
    [
      {
        text: "refuse:path=/contacts,key=7",
        action: { name: "refuse" },
        path: "/contacts",
        key: "7",
      },
      {
        text: "drop:host=API.example,method=post,email=a:b@c,times=2",
        action: { name: "drop" },
        host: "api.example",
        method: "POST",
        fields: { email: "a:b@c" },
        times: 2,
      },
    ],
  );
});

Deno.test("parseFaults() reads how slow and how long to wait", () => {
  assert.deepEqual(read("slow:200ms")[0]?.action, { name: "slow", delayMs: 200 });
  assert.deepEqual(read("slow:10%,2s")[0], {
    text: "slow:10%,2s",
    action: { name: "slow", delayMs: 2_000 },
    share: 0.1,
  });
  assert.deepEqual(read("429:after=5s")[0]?.action, {
    name: "status",
    status: 429,
    retryAfterS: 5,
  });
  assert.deepEqual(read("503:after=0")[0]?.action, {
    name: "status",
    status: 503,
    retryAfterS: 0,
  });
});

Deno.test("parseFaults() takes a seed for one fault or for all", () => {
  assert.deepEqual(read("drop:5%,seed=3").map((fault) => fault.seed), [3]);
  assert.deepEqual(read("seed=7 drop:5% lost:1%,seed=8").map((fault) => fault.seed), [7, 8]);
});

Deno.test("parseFaults() reads nothing as no faults", () => {
  assert.deepEqual(read(""), []);
  assert.deepEqual(read(" , "), []);
});

Deno.test("parseFaults() names the fault that is probably meant", () => {
  assert.deepEqual(mistake("tiemout:1%"), [
    'Cannot read the faults: "tiemout" is not a fault',
    'Did you mean "timeout"?',
  ]);
  const [message, hint] = mistake("earthquake:1%");
  assert.equal(message, 'Cannot read the faults: "earthquake" is not a fault');
  assert.match(hint ?? "", /^Faults are 429, 5xx, refuse, timeout, drop, lost, slow\. Write/);
});

Deno.test("parseFaults() says which setting it cannot read", () => {
  const cases = [
    "drop:often",
    "drop:200%",
    "drop:200ms",
    "drop:path=",
    "drop:times=x",
    "429:after=x",
  ];
  for (const text of [...cases, "drop:after=1s", "drop:=7"]) {
    assert.match(mistake(text)[0], /^Cannot read the faults: ".*" in ".*" says nothing$/, text);
  }
  assert.match(mistake("slow")[0], /"slow" does not say how slow/);
});
