/**
 * Requests of a plan that need no egress worker to say whether they may go: those that are only counted, and
 * that differ from one which it has let through in nothing but their path, their query and the text of
 * their body.
 *
 * What it checks of these is only what stands in them for secrets, so that a text with any such thing in it is
 * left to it.
 *
 * @module
 */
import type { RequestContent } from "./request_identity.ts";

/** What every stand-in of a secret, a token or a signature begins with. */
const STAND_IN = "spoor-";
/** Method and headers may have something of the group in them: then there is no end of ways. */
const MAX_WAYS = 100;

/** See the module's comment. `Answer` is what the worker answers, the same each time but for the URL. */
export class LetThrough<Answer extends { url: string }> {
  readonly #answers = new Map<string, Answer>();

  /** A request was let through, and answered like this. */
  note(request: RequestContent, answer: Answer): void {
    const origin = originOf(request.url);
    if (origin === undefined || this.#answers.size >= MAX_WAYS) return;
    this.#answers.set(wayOf(request, origin), answer);
  }

  /** What a request is answered that would be let through for sure. */
  answer(request: RequestContent): Answer | undefined {
    const { url, body } = request;
    if (this.#answers.size === 0 || mayHoldSecret(url)) return undefined;
    if (body !== null && (typeof body !== "string" || mayHoldSecret(body))) return undefined;
    const origin = originOf(url);
    const answer = origin === undefined ? undefined : this.#answers.get(wayOf(request, origin));
    return answer && { ...answer, url: withoutFragment(url) };
  }
}

/** As it is written, with the slash after it: what comes behind that cannot lead to another host. */
function originOf(url: string): string | undefined {
  return /^https?:\/\/[\w.:-]+\//.exec(url)?.[0];
}

function wayOf({ method, headers }: RequestContent, origin: string): string {
  return JSON.stringify([method, origin, headers]);
}

function mayHoldSecret(text: string): boolean {
  return text.includes(STAND_IN);
}

function withoutFragment(text: string): string {
  const url = new URL(text);
  url.hash = "";
  return url.href;
}
