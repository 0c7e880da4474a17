import assert from "node:assert/strict";
import { proxyOf, readProxies } from "./proxies.ts";

/** The proxy of `url` in an environment. */
function proxyIn(env: Record<string, string>, url: string): string | undefined {
  return proxyOf(new URL(url), readProxies((name) => env[name]));
}

Deno.test("proxyOf() reads the variables as the runtime does, and drops credentials", () => {
  const http = "http://far.test/";
  const https = "https://far.test/";
  assert.equal(proxyIn({}, http), undefined);
  assert.equal(
    proxyIn({ HTTP_PROXY: "http://me:secret@proxy.test:3128" }, http),
    "proxy.test:3128",
  );
  assert.equal(proxyIn({ HTTP_PROXY: "proxy.test:3128" }, https), undefined);
  assert.equal(proxyIn({ HTTP_PROXY: "", http_proxy: "low.test:1" }, http), "low.test:1");
  assert.equal(proxyIn({ https_proxy: "low.test:1" }, https), "low.test:1");
  assert.equal(
    proxyIn({ ALL_PROXY: "all.test:1", HTTP_PROXY: "proxy.test:1" }, http),
    "all.test:1",
  );
  assert.equal(proxyIn({ HTTP_PROXY: "proxy.test:1", REQUEST_METHOD: "GET" }, http), undefined);
});

Deno.test("proxyOf() leaves out what NO_PROXY names", () => {
  const isOff = (noProxy: string, url: string) =>
    proxyIn({ ALL_PROXY: "proxy.test:1", NO_PROXY: noProxy }, url) === undefined;
  for (
    const [entry, url] of [
      ["far.test", "http://far.test:8080/"],
      ["a.test, .test", "http://far.test/"],
      ["*", "https://far.test/"],
      ["127.0.0.0/8", "http://127.1.2.3/"],
      ["10.0.0.7", "http://10.0.0.7/"],
      ["::1", "http://[::1]:80/"],
    ] as const
  ) assert.ok(isOff(entry, url), entry);
  for (
    const [entry, url] of [
      ["ar.test", "http://far.test/"],
      ["far.test:80", "http://far.test/"],
      ["10.0.0.0/24", "http://10.0.1.0/"],
      ["*", "http://10.0.1.0/"],
    ] as const
  ) assert.ok(!isOff(entry, url), entry);
});
