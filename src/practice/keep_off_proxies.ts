/**
 * Keeps requests to this machine off proxies.
 *
 * `fetch` obeys HTTP_PROXY even for the loopback address: without this a request to a service here, practice's
 * own included, would leave the machine where a proxy is set. (Deno reads the variables when a worker sends its
 * first request, so this must come before; the environment is that of the whole process.)
 *
 * @module
 */

const LOOPBACK = ["localhost", "127.0.0.0/8", "::1"];

/** Adds this machine to NO_PROXY. */
export function keepOffProxies(): void {
  // Of the two names Deno reads the first that says something.
  const given = Deno.env.get("NO_PROXY") || Deno.env.get("no_proxy") || "";
  const hosts = given.split(",").map((each) => each.trim()).filter(Boolean);
  Deno.env.set("NO_PROXY", [...new Set([...hosts, ...LOOPBACK])].join(","));
}
