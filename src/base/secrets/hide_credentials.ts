/**
 * What lets somebody in is not recorded, and not told in an error, also where it is no secret that Spoor knows: a
 * model may log in by itself, and send what it got.
 *
 * A header or field is known by its name. What comes out here is for people alone: nothing is sent of it.
 *
 * @module
 */
import { MASK } from "~/base/secrets/mask.ts";

/** `Authorization`, `Set-Cookie`, `X-Shopify-Access-Token`, `Private-Token`; not `Idempotency-Key`, nor `WWW-Authenticate`. */
const HEADERS = /authorization|auth-|cookie|token|secret|password|(?:api|access|private)-?key/i;

const FIELDS = "(?:access|refresh|id)[_-]?token|client[_-]?secret|password";
/** Most texts have none of them, and are looked through no further. */
const LIKELY = /token|secret|password/i;
/** `"password": "…"` and numbers; a text that was cut may lack the end. */
const IN_JSON = new RegExp(
  `("(?:${FIELDS})"\\s*:\\s*)(?:"(?:[^"\\\\]|\\\\[^])*(?:(")|\\\\?$)|(-?\\d[\\w.+-]*))`,
  "gi",
);
/** The same where JSON is a text in JSON. */
const IN_INNER_JSON = new RegExp(
  `(\\\\"(?:${FIELDS})\\\\"\\s*:\\s*)\\\\"[^]*?(?:(?<!\\\\)(\\\\")|$)`,
  "gi",
);
/** `password=…`, in a form or in an address. */
const IN_FORM = new RegExp(`(?<![\\w-])((?:${FIELDS})=)[^&\\s"'<>\\\\]+`, "gi");

/** Headers by their names. What says in which way somebody is let in stays: `Bearer ***`. */
export function hideInHeaders(
  headers: readonly (readonly [name: string, value: string])[],
): Record<string, string> {
  return Object.fromEntries(headers.map(([name, value]) => [
    name,
    HEADERS.test(name) ? schemeOf(value) + MASK : value,
  ]));
}

function schemeOf(value: string): string {
  return /^(?:apikey|basic|bearer|digest|token) +/i.exec(value)?.[0] ?? "";
}

/** A body, whole or cut: JSON or a form; or a text with an address in it. */
export function hideInText(text: string): string {
  if (!LIKELY.test(text)) return text;
  return text
    .replace(
      IN_JSON,
      (_, name: string, end = "", number?: string) =>
        `${name}"${MASK}${number === undefined ? end : '"'}`,
    )
    .replace(IN_INNER_JSON, (_, name: string, end = "") => `${name}\\"${MASK}${end}`)
    .replace(IN_FORM, `$1${MASK}`);
}
