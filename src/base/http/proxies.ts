/**
 * Which proxy a request goes by, as the runtime reads it from the environment: what is told of it, so that an
 * error names what could not be reached.
 *
 * @module
 */

/** Host and port of proxies, without what lets somebody in. */
export interface Proxies {
  all?: string;
  http?: string;
  https?: string;
  /** Hosts, domains and networks that are reached without. */
  except: readonly string[];
}

/**
 * Reads HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, or the same in small letters.
 *
 * @returns `undefined`: there is no proxy.
 */
export function readProxies(env: (name: string) => string | undefined): Proxies | undefined {
  const read = (name: string) => env(name) || env(name.toLowerCase());
  const [all, https] = [hostOf(read("ALL_PROXY")), hostOf(read("HTTPS_PROXY"))];
  // Where a web server has started this, it is what a client has sent as a header `Proxy` (httpoxy).
  const http = env("REQUEST_METHOD") === undefined ? hostOf(read("HTTP_PROXY")) : undefined;
  if (!all && !http && !https) return undefined;
  const except = (read("NO_PROXY") ?? "").split(",").map((each) => each.trim()).filter(Boolean);
  return { ...(all && { all }), ...(http && { http }), ...(https && { https }), except };
}

/** The proxy that a request to this address goes by. */
export function proxyOf(url: URL, proxies: Proxies | undefined): string | undefined {
  if (!proxies || proxies.except.some((each) => isWithin(url.hostname, each))) return undefined;
  return proxies.all ?? (url.protocol === "https:" ? proxies.https : proxies.http);
}

/** All of them by which a request may go. */
export function proxyHosts({ all, http, https }: Proxies): string[] {
  const hosts = all === undefined ? [https, http] : [all];
  return [...new Set(hosts.filter((host) => host !== undefined))];
}

function hostOf(text: string | undefined): string | undefined {
  if (!text) return undefined;
  return URL.parse(/^\w+:\/\//.test(text) ? text : `http://${text}`)?.host;
}

function isWithin(hostname: string, entry: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, "");
  if (/^[\d.]+$/.test(host)) return isInNetwork(host, entry);
  const domain = entry.replace(/^\.+/, "");
  return domain === "*" || host === domain || host.endsWith(`.${domain}`);
}

/** `entry`: an address of IPv4, or `10.0.0.0/8`. */
function isInNetwork(address: string, entry: string): boolean {
  const [network = "", bits = "32"] = entry.split("/");
  if (!/^\d+(\.\d+){3}$/.test(network)) return false;
  const shift = 2 ** (32 - Number(bits));
  return Math.floor(numberOf(address) / shift) === Math.floor(numberOf(network) / shift);
}

function numberOf(address: string): number {
  return address.split(".").reduce((number, part) => number * 256 + Number(part), 0);
}
