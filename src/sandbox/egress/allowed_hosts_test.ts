import assert from "node:assert/strict";
import { AllowedHosts } from "./allowed_hosts.ts";
import { serveFarSide, startEgress } from "./egress_fixture.ts";

function permits(list: string[], url: string): boolean {
  return new AllowedHosts(list).permits(new URL(url));
}

Deno.test("AllowedHosts takes an entry without a port as all ports of that host", () => {
  for (const url of ["https://a.example/", "http://a.example/", "https://a.example:8443/x"]) {
    assert.ok(permits(["a.example"], url), url);
  }
});

Deno.test("AllowedHosts takes an entry with a port as that port alone", () => {
  assert.ok(permits(["a.example:443"], "https://a.example/"));
  assert.ok(permits(["a.example:80"], "http://a.example/"));
  assert.ok(!permits(["a.example:443"], "http://a.example/"));
  assert.ok(!permits(["a.example:443"], "https://a.example:8443/"));
});

Deno.test("AllowedHosts sees a host as the URL parser does, however it is written", () => {
  assert.ok(permits(["a.example"], "https://A.EXAMPLE./"));
  assert.ok(permits(["xn--mnchen-3ya.example"], "https://münchen.example/"));
  assert.ok(permits(["127.0.0.1"], "http://2130706433/"));
  assert.ok(permits(["127.0.0.1"], "http://0x7f.1/"));
  assert.ok(permits(["[::1]:8080"], "http://[0:0:0:0:0:0:0:1]:8080/"));
  assert.ok(permits(["a.example"], "https:\\\\a.example\\x"));
});

Deno.test("AllowedHosts is not fooled by look-alikes", () => {
  for (
    const url of [
      "https://a.example.evil.example/",
      "https://evil-a.example/",
      "https://sub.a.example/",
      "https://evil.example/a.example",
      "https://evil.example?a.example",
      "https://evil.example#a.example",
      "https://evil.example\\a.example",
      "https://а.example/", // a Cyrillic letter
      "https://a.example..evil.example/",
      "http://[::ffff:127.0.0.1]/",
      "http://localhost/",
      "http://127.0.0.2/",
      "http://0/",
    ]
  ) {
    assert.ok(!permits(["a.example", "127.0.0.1"], url), url);
  }
});

Deno.test("egress refuses a host that is not allowed, and shows the line that would allow it", async () => {
  await using far = serveFarSide(() => new Response());
  using egress = startEgress({ allowNet: [far.host] });
  const refused = async (url: string) => {
    const { error, attempts } = await egress.send({ url, retries: 3 });
    assert.equal(attempts, 0);
    return [error?.kind, error?.message, error?.hint];
  };

  assert.deepEqual(await refused("https://evil.example/x"), [
    "denied",
    'Cannot reach "evil.example:443": it is not in @allow_net',
    `Write "// @allow_net: ${far.host}, evil.example" into the model's header if it may go there.`,
  ]);
  // The host is named with another port: so a port is named here too.
  assert.deepEqual(await refused("http://127.0.0.1/"), [
    "denied",
    'Cannot reach "127.0.0.1:80": it is not in @allow_net',
    `Write "// @allow_net: ${far.host}, 127.0.0.1:80" into the model's header if it may go there.`,
  ]);
  const [, words] = await refused(far.origin.replace("127.0.0.1", "localhost"));
  assert.match(words ?? "", /Cannot reach "localhost:\d+"/);
  assert.equal(far.received.length, 0);
});

Deno.test("egress without any allowed host reaches none", async () => {
  using egress = startEgress({ allowNet: [] });
  const { error } = await egress.send({ url: "https://a.example/" });
  assert.equal(error?.kind, "denied");
  assert.match(error?.hint ?? "", /"\/\/ @allow_net: a.example"/);
});

Deno.test("egress says the same when it is Deno that refuses", async () => {
  await using far = serveFarSide(() => new Response());
  using egress = startEgress({ allowNet: [far.host] }, ["a.example"]);
  const { error } = await egress.send({ url: far.origin });
  assert.equal(error?.kind, "denied");
  assert.equal(error?.message, `Cannot reach "${far.host}": it is not in @allow_net`);
  assert.equal(far.received.length, 0);
});
