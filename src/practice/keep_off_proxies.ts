/**
 * Keeps requests to an own address off proxies.
 *
 * `fetch` obeys HTTP_PROXY even for the loopback address: without this a practice request would
 * leave the machine where a proxy is set. (Deno reads the variables when a worker sends its first
 * request, so this must come before; the environment is that of the whole process.)
 *
 * @module
 */

/** Adds a host to NO_PROXY. */
export function keepOffProxies(host: string): void {
  for (const name of ["NO_PROXY", "no_proxy"]) {
    const hosts = (Deno.env.get(name) ?? "").split(",").map((each) => each.trim()).filter(Boolean);
    if (!hosts.includes(host)) Deno.env.set(name, [...hosts, host].join(","));
  }
}
