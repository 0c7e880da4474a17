import assert from "node:assert/strict";
import { allowedHost } from "./allowed_host.ts";

const GOOD: [text: string, host: string][] = [
  ["api.example.com", "api.example.com"],
  ["API.Example.COM:8443", "api.example.com:8443"],
  ["localhost:1", "localhost:1"],
  ["127.0.0.1:65535", "127.0.0.1:65535"],
  ["127.1", "127.0.0.1"],
  ["[::1]", "[::1]"],
  ["[0:0::1]:80", "[::1]:80"],
  ["example.com:0443", "example.com:443"],
  ["my_host", "my_host"],
  ["bücher.example", "xn--bcher-kva.example"],
];

for (const [text, host] of GOOD) {
  Deno.test(`@allow_net takes ${text} as ${host}`, () => {
    assert.deepEqual(allowedHost(text), { value: host });
  });
}

const BAD: [text: string, state: string, hint: string][] = [
  ["https://API.example.com/v1", `has a scheme`, `Write "api.example.com".`],
  ["https://", `has a scheme`, `Write the host alone`],
  ["api.example.com/v1", `has a path`, `Write "api.example.com".`],
  ["/", `has a path`, `Write the host alone`],
  ["10.0.0.0/8", `has a path`, `Write "10.0.0.0".`],
  ["host?x", `has a path`, `Write "host".`],
  ["*.example.com", `has a wildcard`, `Name each host that the model calls.`],
  ["*", `has a wildcard`, `Name each host that the model calls.`],
  ["me@example.com", `names a user`, `Name a secret by @secrets instead.`],
  ["a.com b.com", `has a space`, `Put commas between hosts.`],
  ["::1", `has more than one colon`, `Put an IPv6 address in brackets`],
  ["example.com:0", `has a port that does not exist`, `Write a port from 1 to 65535`],
  ["example.com:65536", `has a port that does not exist`, `Write a port from 1 to 65535`],
  ["example.com:", `has a port that does not exist`, `Write a port from 1 to 65535`],
  ["example.com:http", `has a port that does not exist`, `Write a port from 1 to 65535`],
  [":80", `is not a host`, `Write the host alone`],
  ["example.com.", `is not a host`, `Write the host alone`],
  ["a%2eb", `is not a host`, `Write the host alone`],
  ["[::1", `is not a host`, `Write the host alone`],
  ["[x]", `is not a host`, `Write the host alone`],
  ["999.1.1.1", `is not a host`, `Write the host alone`],
];

for (const [text, state, hint] of BAD) {
  Deno.test(`@allow_net refuses ${text}: it ${state}`, () => {
    const parsed = allowedHost(text);
    assert.ok("problem" in parsed, JSON.stringify(parsed));
    assert.equal(parsed.problem.state, `"${text}" ${state}`);
    assert.ok(parsed.problem.hint.startsWith(hint), parsed.problem.hint);
  });
}
