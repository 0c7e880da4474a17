/**
 * The body of a request, and the `Content-Type` that says what it is.
 *
 * @module
 */
import { concatBytes } from "~/base/lists/concat_bytes.ts";
import type {
  FileToUpload,
  Parameter,
  RequestOptions,
  UploadOptions,
} from "~/sandbox/guest/api.ts";
import { nameKind } from "~/sandbox/guest/format_value.ts";
import { modelError } from "~/sandbox/guest/host_error.ts";
import { jsonText, NotJson } from "~/sandbox/guest/json_text.ts";

/** A body and what to call it; no type where the model has to say. */
export interface RequestBody {
  content: string | Uint8Array | null;
  contentType?: string;
}

/** Encodes `json`, `form` or `body`; at most one of them. */
export function encodeBody(options: RequestOptions): RequestBody {
  const given = (["json", "form", "body"] as const).filter((name) => options[name] !== undefined);
  if (given.length > 1) {
    throw modelError(
      `Cannot send ${given.join(" and ")} in one request: a request has one body`,
    );
  }
  if (options.json !== undefined) {
    return { content: encodeJson(options.json), contentType: "application/json" };
  }
  if (options.form !== undefined) {
    return { content: encodeForm(options.form), contentType: "application/x-www-form-urlencoded" };
  }
  return { content: checkBody(options.body) };
}

/** A form with files, as `multipart/form-data` (RFC 7578). */
export async function encodeUpload(
  form: UploadOptions["form"],
  boundary = `spoor-${crypto.randomUUID()}`,
): Promise<RequestBody> {
  const parts: Uint8Array[] = [];
  const text = new TextEncoder();
  for (const [field, value] of Object.entries(form)) {
    if (value === null || value === undefined) continue;
    const part = typeof value === "object"
      ? await readFile(value)
      : { content: text.encode(String(value)) };
    parts.push(
      text.encode(`--${boundary}\r\n${partHeader(field, part)}\r\n\r\n`),
      part.content,
      text.encode("\r\n"),
    );
  }
  parts.push(text.encode(`--${boundary}--\r\n`));
  return { content: concatBytes(parts), contentType: `multipart/form-data; boundary=${boundary}` };
}

function encodeJson(json: unknown): string {
  try {
    return jsonText(json, bigintAsNumber);
  } catch (error) {
    if (!(error instanceof NotJson)) throw error;
    const { place, what, hint } = error;
    throw modelError(`Cannot send json${place}: JSON has no place for ${what}`, { hint });
  }
}

/** A whole number of SQL can be past 2^53; JSON has no limit, `JSON.stringify` has no bigint. */
function bigintAsNumber(value: unknown): unknown {
  if (typeof value !== "bigint") return value;
  const rawJson = (JSON as unknown as { rawJSON?: (text: string) => unknown }).rawJSON;
  return rawJson ? rawJson(String(value)) : String(value);
}

function encodeForm(form: Readonly<Record<string, Parameter | null | undefined>>): string {
  const fields = new URLSearchParams();
  for (const [name, value] of Object.entries(form)) {
    if (value !== null && value !== undefined) fields.append(name, String(value));
  }
  return fields.toString();
}

function checkBody(body: unknown): string | Uint8Array | null {
  if (body === undefined || body === null) return null;
  if (typeof body === "string" || body instanceof Uint8Array) return body;
  throw modelError(`Cannot send ${nameKind(body)} as body: it must be text or a Uint8Array`);
}

interface Part {
  content: Uint8Array;
  name?: string;
  type?: string;
}

async function readFile(file: FileToUpload): Promise<Part> {
  if (file instanceof Blob) {
    const content = new Uint8Array(await file.arrayBuffer());
    return { content, name: file instanceof File ? file.name : "blob", type: file.type };
  }
  if ("bytes" in file) return { content: await file.bytes(), name: file.name };
  const content = typeof file.content === "string"
    ? new TextEncoder().encode(file.content)
    : file.content;
  return { content, name: file.name, ...(file.type !== undefined && { type: file.type }) };
}

function partHeader(field: string, { name, type }: Part): string {
  const disposition = `Content-Disposition: form-data; name="${quoted(field)}"`;
  if (name === undefined) return disposition;
  const contentType = (type || "application/octet-stream").replace(/[\r\n]/g, "");
  return `${disposition}; filename="${quoted(name)}"\r\nContent-Type: ${contentType}`;
}

/** As browsers do it (the HTML standard, "multipart/form-data encoding"). */
function quoted(text: string): string {
  return text.replace(/\n/g, "%0A").replace(/\r/g, "%0D").replace(/"/g, "%22");
}
