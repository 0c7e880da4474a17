/**
 * The hosts of `@allow_net`, compared with a URL as Deno compares them: by the host and port that
 * the URL parser sees, an entry without a port standing for all ports.
 *
 * Deno holds the worker to the same list. This check comes first for its words, for redirects, and
 * because a practice run has another net permission.
 *
 * @module
 */
import { EgressFailure } from "./egress_failure.ts";

/** See the module's comment. */
export class AllowedHosts {
  #allowed: ReadonlySet<string>;

  constructor(private readonly list: readonly string[]) {
    this.#allowed = new Set(list.map((entry) => entry.toLowerCase()));
  }

  /** Whether a request may go to this URL's host and port. */
  permits(url: URL): boolean {
    const host = hostOf(url);
    return this.#allowed.has(host) || this.#allowed.has(`${host}:${portOf(url)}`);
  }

  /**
   * Says that a host may not be reached, and which line would allow it.
   *
   * @param redirectedFrom Where the answer came from that leads there, if it is a redirect.
   */
  refusal(url: URL, redirectedFrom?: URL): EgressFailure {
    const place = `${hostOf(url)}:${portOf(url)}`;
    const what = redirectedFrom === undefined
      ? `Cannot reach "${place}"`
      : `Cannot follow the redirect of "${redirectedFrom.host}" to "${place}"`;
    const line = `// @allow_net: ${[...this.list, this.#entryFor(url)].join(", ")}`;
    return new EgressFailure("denied", `${what}: it is not in @allow_net`, {
      hint: `Write "${line}" into the model's header if it may go there.`,
    });
  }

  /** Without its port where that is the usual one, unless the model is held to ports already. */
  #entryFor(url: URL): string {
    const host = hostOf(url);
    const namesPorts = this.list.some((entry) => entry.startsWith(`${host}:`));
    return url.port === "" && !namesPorts ? host : `${host}:${portOf(url)}`;
  }
}

/** `api.example.com.` is the same host as `api.example.com`, for the resolver and for Deno. */
function hostOf(url: URL): string {
  return url.hostname.endsWith(".") ? url.hostname.slice(0, -1) : url.hostname;
}

function portOf(url: URL): string {
  return url.port || (url.protocol === "https:" ? "443" : "80");
}
