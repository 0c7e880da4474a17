/**
 * A list of hosts, as `@allow_net` has it, compared with a URL as Deno compares them: by the host and port
 * that the URL parser sees, an entry without a port standing for all ports.
 *
 * @module
 */

/** Whether the list has the host and port of a URL. */
export function hasHost(list: readonly string[], url: URL): boolean {
  const host = hostOf(url);
  const withPort = `${host}:${portOf(url)}`;
  return list.some((entry) => [host, withPort].includes(entry.toLowerCase()));
}

/** The entry for a URL: without its port where that is the usual one, unless the list names ports of the host. */
export function entryFor(list: readonly string[], url: URL): string {
  const host = hostOf(url);
  const namesPorts = list.some((entry) => entry.startsWith(`${host}:`));
  return url.port === "" && !namesPorts ? host : `${host}:${portOf(url)}`;
}

/** `api.example.com.` is the same host as `api.example.com`, for the resolver and for Deno. */
export function hostOf(url: URL): string {
  return url.hostname.endsWith(".") ? url.hostname.slice(0, -1) : url.hostname;
}

/** The port, also where the URL leaves it to its scheme. */
export function portOf(url: URL): string {
  return url.port || (url.protocol === "https:" ? "443" : "80");
}
