/**
 * The hosts of `@allow_net`.
 *
 * Deno holds the worker to the same list. This check comes first for its words, for redirects, and
 * because a practice run has another net permission.
 *
 * @module
 */
import { entryFor, hasHost, hostOf, portOf } from "~/base/http/host_list.ts";
import { EgressFailure } from "./egress_failure.ts";

/** See the module's comment. */
export class AllowedHosts {
  constructor(private readonly list: readonly string[]) {}

  /** Whether a request may go to this URL's host and port. */
  permits(url: URL): boolean {
    return hasHost(this.list, url);
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
    const line = `// @allow_net: ${[...this.list, entryFor(this.list, url)].join(", ")}`;
    return new EgressFailure("denied", `${what}: it is not in @allow_net`, {
      hint: `Write "${line}" into the model's header if it may go there.`,
    });
  }
}
