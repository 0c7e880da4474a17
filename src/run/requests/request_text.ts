/**
 * A request and its answer as the record keeps them: JSON, secrets and credentials masked, what is long cut.
 *
 * @module
 */
import { hideInHeaders, hideInText } from "~/base/secrets/hide_credentials.ts";
import { renderCount } from "~/base/text/counts.ts";
import { cutText, shortenText } from "~/base/text/cut_text.ts";
import type { AssumedAnswer, EgressResponse, GuestRequest } from "~/sandbox/protocol.ts";
import { describeTries } from "./describe_tries.ts";

/** Bodies are cut after this many characters. */
const MAX_BODY = 4_000;

/** A far side may answer with headers of any length. */
const MAX_HEADER = 1_000;
/** Of all headers of an answer, names included; what follows is counted. */
const MAX_HEADERS = 8_000;
/** In the place of a name where there are more. */
const MORE = "…";
/** A body that was cut, or that is no text: what `bodyText` makes of them. */
const NOT_WHOLE = /… \([\d,]+ characters\)$|^<\d+ bytes>$/;

/** JSON of headers and body. What a model sends holds stand-ins of secrets, no secrets. */
export function describeRequest(
  { headers, body }: GuestRequest,
  mask: (text: string) => string,
): string {
  return mask(JSON.stringify({ headers: hideInHeaders(headers), body: bodyText(body, mask) }));
}

/**
 * The same of what came back, and of each try where there were several; the egress worker has masked it.
 *
 * @param shown Hides what lets somebody in, in what a try says.
 */
export function describeResponse(
  { headers, body, tries }: Pick<EgressResponse, "headers" | "body" | "tries">,
  shown: (text: string) => string,
): string {
  return JSON.stringify({
    headers: cutHeaders(headers),
    body: bodyText(body, (text) => text),
    ...tries && describeTries(tries, shown),
  });
}

/** A recorded answer as it came, but for what is masked; undefined where the record does not have all of its body. */
export function readAnswer(
  json: string,
): Pick<AssumedAnswer, "headers" | "body"> | undefined {
  const { headers, body }: { headers: Record<string, string>; body: string | null } = JSON.parse(
    json,
  );
  if (body !== null && NOT_WHOLE.test(body)) return undefined;
  return {
    headers: Object.entries(headers).filter(([name]) => name !== MORE),
    body: body ?? "",
  };
}

/** The `Idempotency-Key` that a model has set itself, as it goes out: Spoor then sets none. */
export function ownKeyOf({ headers }: Pick<GuestRequest, "headers">): string | undefined {
  return headers.find(([name]) => name.toLowerCase() === "idempotency-key")?.[1].trim();
}

function cutHeaders(headers: EgressResponse["headers"]): Record<string, string> {
  const shown: Record<string, string> = {};
  const all = Object.entries(hideInHeaders(headers));
  let left = MAX_HEADERS;
  for (const [index, [name, value]] of all.entries()) {
    const text = cutText(value, MAX_HEADER);
    left -= name.length + text.length;
    if (left < 0) return { ...shown, [MORE]: `${renderCount(all.length - index)} more headers` };
    shown[name] = text;
  }
  return shown;
}

/** A mask needs the whole of what it takes out, so that it comes first. */
function bodyText(
  body: string | Uint8Array | null,
  mask: (text: string) => string,
): string | null {
  if (body === null || body.length === 0) return null;
  if (typeof body === "string") return cut(mask(body));
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(body.subarray(0, MAX_BODY * 4), {
      stream: true,
    });
    return cut(mask(text));
  } catch {
    return `<${body.length} bytes>`;
  }
}

function cut(text: string): string {
  if (text.length <= MAX_BODY) return hideInText(text);
  const shown = shortenText(text, MAX_BODY).slice(0, -"…".length);
  return `${hideInText(shown)}… (${renderCount(text.length)} characters)`;
}
