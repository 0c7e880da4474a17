/**
 * How a secret is written where it is put, and in which shapes a far side may send it back.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { formEncode } from "~/base/oauth.ts";

/** In a URL's path: `/` stays, since a secret may be a path of several parts (webhooks). */
export function encodeForPath(value: string): string {
  return value.split("/").map(encodeURIComponent).join("/");
}

/** In a URL's query. */
export function encodeForQuery(value: string): string {
  return encodeURIComponent(value);
}

/** In a body: as its content type wants, as it is in plain text. */
export function encodeForBody(contentType: string): (value: string) => string {
  const type = contentType.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (/[/+](?:json|x-ndjson|jsonl|json-seq)$/.test(type)) return encodeForJson;
  if (type === "application/x-www-form-urlencoded") return formEncode;
  if (/[/+]xml$/.test(type)) return encodeForXml;
  return (value) => value;
}

function encodeForJson(value: string): string {
  return JSON.stringify(value).slice(1, -1);
}

function encodeForXml(value: string): string {
  return value.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

/** Base64 text that is shorter than this would be found by chance. */
const SHORTEST_BASE64 = 8;

/**
 * The shapes in which a secret may come back: as it is, escaped as JSON, URLs, forms, HTML and XML
 * do, and in base64.
 */
export function shapesOf(secret: string): Set<string> {
  const value = secret.toWellFormed();
  const json = encodeForJson(value);
  const percent = encodeURIComponent(value);
  const html = value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const unicode = json.replace(/[^\x20-\x7e]/g, toUnicodeEscape);
  return new Set([
    value,
    json,
    json.replaceAll("/", "\\/"),
    unicode,
    unicode.replaceAll("/", "\\/"),
    // JSON text that is a string in JSON: an API that shows the body it was sent.
    encodeForJson(json),
    ...[percent, encodeForPath(value), formEncode(value), encodeURI(value)].flatMap(lowerHex),
    ...(URL.canParse(value) ? [new URL(value).href] : []),
    html,
    html.replaceAll('"', "&quot;").replaceAll("'", "&#39;"),
    encodeForXml(value),
    ...base64Shapes(value),
  ]);
}

function toUnicodeEscape(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** `%2F` may come back as `%2f`. */
function lowerHex(text: string): string[] {
  return [text, text.replace(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase())];
}

/**
 * Base64 of any text that contains the secret: its letters depend on where in a group of three
 * bytes the secret begins. Those at its ends, which depend on its neighbours too, are left out.
 */
function base64Shapes(value: string): string[] {
  const bytes = Buffer.from(value, "utf8");
  const shapes: string[] = [];
  for (const offset of [0, 1, 2]) {
    const whole = Buffer.concat([Buffer.alloc(offset), bytes]).toString("base64");
    const first = Math.ceil((offset * 8) / 6);
    const end = Math.floor(((offset + bytes.length) * 8) / 6);
    const shape = whole.slice(first, end);
    if (shape.length < SHORTEST_BASE64) continue;
    shapes.push(shape, shape.replaceAll("+", "-").replaceAll("/", "_"));
  }
  return shapes;
}
