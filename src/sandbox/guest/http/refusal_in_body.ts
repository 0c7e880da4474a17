/**
 * What a success says against itself: many services answer 200 to what they have not taken, and say so in the body.
 *
 * Only plain words count, where services that are known to do so have them: at the top of a JSON body, in each item of
 * one that is a list, and, of Shopify's `userErrors`, below `data`. A name that the request has too is none: a service
 * that gives back what it was sent gives back that.
 *
 * @module
 */
import { shortenText } from "~/base/text/cut_text.ts";
import { hideInText } from "~/base/secrets/hide_credentials.ts";

/**
 * Name → whether its value says no.
 *
 * - `ok`: https://docs.slack.dev/apis/web-api/#responses
 * - `success`, `hasErrors`: Salesforce, of each record, https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobjects_collections_create.htm,
 *   and of a composite request
 * - `error`: https://www.jsonrpc.org/specification#error_object
 * - `errors`: https://spec.graphql.org/October2021/#sec-Errors; `true` in Elasticsearch's `_bulk`
 * - `insertErrors`: https://cloud.google.com/bigquery/docs/reference/rest/v2/tabledata/insertAll
 * - `userErrors`: https://shopify.dev/docs/api/admin-graphql
 */
const SAYS_NO: ReadonlyMap<string, (value: unknown) => boolean> = new Map([
  ["ok", isFalse],
  ["success", isFalse],
  ["hasErrors", isThere],
  ["error", isThere],
  ["errors", isThere],
  ["insertErrors", isThere],
  ["userErrors", isThere],
]);

/** Most answers have none of them, and need not be parsed. */
const ANY_NAME = new RegExp(`"(?:${[...SAYS_NO.keys()].join("|")})"\\s*:`);

const MAX_SHOWN = 120;
/** What answers a write is not so long; to look through it would take its length in memory once more. */
const MAX_BYTES = 16 * 2 ** 20;

/**
 * How a body says that what was sent was not taken, or not all of it: `"ok": false, "error": "not_in_channel"`;
 * undefined: it does not.
 *
 * @param sent The request's body.
 */
export function refusalInBody(
  body: string | Uint8Array,
  sent: string | Uint8Array | null,
): string | undefined {
  if (body.length > MAX_BYTES) return undefined;
  const text = typeof body === "string" ? body : new TextDecoder().decode(body);
  if (!ANY_NAME.test(text)) return undefined;
  const echoed = typeof sent === "string" ? sent : "";
  for (const place of placesIn(parse(text))) {
    const words = Object.entries(place).filter(([name, value]) =>
      SAYS_NO.get(name)?.(value) && !isNameIn(name, echoed)
    );
    if (words.length > 0) return words.map(([name, value]) => show(name, value)).join(", ");
  }
  return undefined;
}

function isFalse(value: unknown): boolean {
  return value === false;
}

/** Not so where it is empty, as `"errors": []`, or counts none. */
function isThere(value: unknown): boolean {
  return isObject(value) ? Object.keys(value).length > 0 : Boolean(value);
}

/** In JSON, or in a form. */
function isNameIn(name: string, sent: string): boolean {
  return sent.includes(`"${name}"`) || new RegExp(`(?:^|&)${name}=`).test(sent);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Objects whose names are looked at. */
function placesIn(value: unknown): object[] {
  if (Array.isArray(value)) return value.filter(isObject);
  if (!isObject(value)) return [];
  const data = "data" in value && isObject(value.data) ? Object.values(value.data) : [];
  const answers = data.filter(isObject)
    .flatMap((each) => "userErrors" in each ? [{ userErrors: each.userErrors }] : []);
  return [value, ...answers];
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function show(name: string, value: unknown): string {
  return `"${name}": ${hideInText(shortenText(JSON.stringify(value), MAX_SHOWN))}`;
}
