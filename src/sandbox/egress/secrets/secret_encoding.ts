/**
 * How a secret is written where it is put.
 *
 * @module
 */
import { formEncode } from "~/base/http/oauth.ts";

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
